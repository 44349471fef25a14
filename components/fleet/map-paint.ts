import { toneClasses } from '@/components/ui/tone'
import { cellPosition, cellShapes, stateOfLetter, type MapCell, type MapGroup, type MapLayout } from './map-model'
import { versionStateLooks, versionStateOrder, type ShownVersionState } from './version-state'

type Sprite = HTMLCanvasElement

/** Custom properties that hold pairs of colours come out resolved for the theme in force only through a computed colour. */
const colourReader = (canvas: HTMLCanvasElement): ((token: string) => string) => {
  const style = getComputedStyle(canvas)
  return (token) => {
    canvas.style.color = `var(${token})`
    return style.color
  }
}

const sprite = (state: ShownVersionState, side: number, ratio: number, colour: (token: string) => string): Sprite => {
  const canvas = document.createElement('canvas')
  const pixels = Math.round(side * ratio)
  canvas.width = pixels
  canvas.height = pixels
  const context = canvas.getContext('2d')
  if (!context) return canvas
  const { backed, path, line } = cellShapes[state]
  const token = toneClasses[versionStateLooks[state].tone].token
  context.scale(pixels, pixels)
  if (backed) {
    context.fillStyle = colour(`${token}-soft`)
    context.fillRect(0, 0, 1, 1)
  }
  if (path !== '') {
    context.fillStyle = colour(token)
    context.fill(new Path2D(path))
  }
  if (line !== null) {
    context.strokeStyle = colour(path === '' ? token : '--surface')
    context.lineWidth = path === '' ? Math.max(0.1, 1 / pixels) : 0.14
    context.stroke(new Path2D(line))
  }
  if (backed && path === '') {
    const hair = Math.max(ratio / pixels, 0.06)
    context.strokeStyle = colour(token)
    context.lineWidth = hair
    context.strokeRect(hair / 2, hair / 2, 1 - hair, 1 - hair)
  }
  return canvas
}

/** Draws the whole map. A picture for each state is made once and copied for each cell: 10,000 cells take a few milliseconds. */
export const paintMap = (canvas: HTMLCanvasElement, groups: readonly MapGroup[], layout: MapLayout): void => {
  const context = canvas.getContext('2d')
  if (!context) return
  const ratio = window.devicePixelRatio || 1
  canvas.width = Math.round(layout.width * ratio)
  canvas.height = Math.round(layout.height * ratio)
  const colour = colourReader(canvas)
  const sprites = new Map(versionStateOrder.map((state) => [state, sprite(state, layout.cell, ratio, colour)]))
  for (const [group, { letters, slugs }] of groups.entries()) {
    for (let index = 0; index < slugs.length; index += 1) {
      const picture = sprites.get(stateOfLetter(letters.charAt(index)))
      if (!picture) continue
      const { x, y } = cellPosition(layout, { group, index } satisfies MapCell)
      context.drawImage(picture, Math.round(x * ratio), Math.round(y * ratio))
    }
  }
}
