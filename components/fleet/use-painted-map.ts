import { useEffect, useRef, useState } from 'react'
import { layoutMap, type MapGroup, type MapLayout } from './map-model'
import { paintMap } from './map-paint'

const greatestHeight = 420

/** Keeps a canvas in step with its width, the data and the theme. */
export const usePaintedMap = (groups: readonly MapGroup[]) => {
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const [themeTurn, setThemeTurn] = useState(0)

  useEffect(() => {
    const element = frame.current
    if (!element) return
    const resize = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)))
    resize.observe(element)
    const turn = (): void => setThemeTurn((now) => now + 1)
    const theme = new MutationObserver(turn)
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    const system = window.matchMedia('(prefers-color-scheme: dark)')
    system.addEventListener('change', turn)
    return () => {
      resize.disconnect()
      theme.disconnect()
      system.removeEventListener('change', turn)
    }
  }, [])

  const layout: MapLayout | null = width === 0 ? null : layoutMap(groups, width, greatestHeight)
  useEffect(() => {
    if (canvas.current && width > 0) paintMap(canvas.current, groups, layoutMap(groups, width, greatestHeight))
  }, [groups, width, themeTurn])

  return { frame, canvas, layout }
}
