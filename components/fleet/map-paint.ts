import { toneClasses } from '@/components/ui/tone'
import { cellLooks, cellPosition, cellShapes, cellStates, stateOfLetter, type CellState, type MapCell, type MapGroup, type MapLayout } from './map-model'

type Sprite = HTMLCanvasElement

/** Custom properties that hold pairs of colours come out resolved for the theme in force only through a computed colour. */
const colourReader = (canvas: HTMLCanvasElement): ((token: string) => string) => {
  const style = getComputedStyle(canvas)
  return (token) => {
    canvas.style.color = `var(${token})`
    return style.color
  }
}

const sprite = (state: CellState, side: number, ratio: number, colour: (token: string) => string): Sprite => {
  const canvas = document.createElement('canvas')
  const pixels = Math.round(side * ratio)
  canvas.width = pixels
  canvas.height = pixels
  const context = canvas.getContext('2d')
  if (!context) return canvas
  const { backed, path, line } = cellShapes[state]
  const token = toneClasses[cellLooks[state].tone].token
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

/** What stands on a canvas: drawn again is only what differs from it. */
export type Painted = {
  readonly groups: readonly MapGroup[]
  readonly layout: MapLayout
  readonly theme: number
  readonly ratio: number
  readonly sprites: Sprites
}
type Sprites = ReadonlyMap<CellState, Sprite>

const spritesFor = (canvas: HTMLCanvasElement, side: number, ratio: number): Sprites => {
  const colour = colourReader(canvas)
  return new Map(cellStates.map((state) => [state, sprite(state, side, ratio, colour)]))
}

const isSameRoom = (one: MapLayout, other: MapLayout): boolean =>
  one.width === other.width &&
  one.cell === other.cell &&
  one.groups.length === other.groups.length &&
  one.groups.every(({ top, count }, index) => top === other.groups[index]?.top && count === other.groups[index].count)

/**
 * Draws the map, or of one that stands there already the cells that have changed. A picture for each state is made once and copied for each cell: 10,000 cells
 * take about 30 ms, which a fleet that is being looked at would else cost with each round of it.
 */
export const paintMap = (canvas: HTMLCanvasElement, groups: readonly MapGroup[], layout: MapLayout, theme: number, before: Painted | null): Painted | null => {
  const context = canvas.getContext('2d')
  if (!context) return null
  const ratio = window.devicePixelRatio || 1
  const kept = before !== null && before.theme === theme && before.ratio === ratio && isSameRoom(before.layout, layout) ? before : null
  if (kept === null) {
    canvas.width = Math.round(layout.width * ratio)
    canvas.height = Math.round(layout.height * ratio)
  }
  const sprites = kept?.sprites ?? spritesFor(canvas, layout.cell, ratio)
  for (const [group, { letters, slugs }] of groups.entries()) {
    const stands = kept?.groups[group]?.letters ?? ''
    for (let index = 0; index < slugs.length; index += 1) {
      const letter = letters.charAt(index)
      if (kept !== null && stands.charAt(index) === letter) continue
      const picture = sprites.get(stateOfLetter(letter))
      if (!picture) continue
      const { x, y } = cellPosition(layout, { group, index } satisfies MapCell)
      context.clearRect(Math.round(x * ratio), Math.round(y * ratio), picture.width, picture.height)
      context.drawImage(picture, Math.round(x * ratio), Math.round(y * ratio))
    }
  }
  return { groups, layout, theme, ratio, sprites }
}
