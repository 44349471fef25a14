import { useEffect, useMemo, useRef, useState } from 'react'
import { layoutMap, type MapGroup, type MapLayout } from './map-model'
import { paintMap, type Painted } from './map-paint'

const greatestHeight = 420

/** Keeps a canvas in step with its width, the data and the theme. */
export const usePaintedMap = (groups: readonly MapGroup[]) => {
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const painted = useRef<Painted | null>(null)
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

  const layout: MapLayout | null = useMemo(() => (width === 0 ? null : layoutMap(groups, width, greatestHeight)), [groups, width])
  useEffect(() => {
    if (canvas.current && layout) painted.current = paintMap(canvas.current, groups, layout, themeTurn, painted.current)
  }, [groups, layout, themeTurn])

  return { frame, canvas, layout }
}
