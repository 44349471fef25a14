'use client'

import { useEffect, useRef, useState } from 'react'
import { loadPlot } from './load-plot'
import type { Plot } from './mount-plot'
import { useThemeTurn } from './use-theme-turn'

const height = 340

/** A canvas for those who look; the table behind it says the same. */
export function ChartPlot({ plot }: { readonly plot: Plot }) {
  const frame = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const turn = useThemeTurn()

  useEffect(() => {
    const element = frame.current
    if (!element) return undefined
    const watch = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)))
    watch.observe(element)
    return () => watch.disconnect()
  }, [])

  useEffect(() => {
    if (width === 0) return undefined
    let unmount: (() => void) | null = null
    let isGone = false
    const mount = async (): Promise<void> => {
      const { mountPlot } = await loadPlot()
      if (!isGone && frame.current) unmount = mountPlot({ parent: frame.current, plot, width, height })
    }
    void mount()
    return () => {
      isGone = true
      unmount?.()
    }
  }, [plot, width, turn])

  return <div ref={frame} aria-hidden className="w-full overflow-hidden text-xs" style={{ minHeight: height }} />
}
