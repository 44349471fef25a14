'use client'

import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { cn } from '@/components/ui/class-names'
import { toneClasses } from '@/components/ui/tone'
import { plural } from '@/lib/format'
import { itemLetters, itemStates, type ItemState } from '@/lib/tenancy/contract'
import { itemStateAt } from './run-live-model'
import { cellAfterKey, cellAt, cellOrigin, changedCells, layoutMap, nextOfLetter, type MapLayout } from './run-map-model'
import { itemStateLooks } from './run-status'

type Props = {
  readonly letters: string
  readonly slugs: readonly string[]
  readonly open: string | null
  readonly onOpen: (slug: string) => void
}

const maxHeight = 216

/** The server doesn't know the width; these are the heights at usual ones, so that nothing below moves when the map comes. */
const heightsBefore = (total: number): React.CSSProperties => {
  const at = (width: number): string => `${layoutMap(total, width, maxHeight).height}px`
  return Object.fromEntries([
    ['--phone', at(358)],
    ['--tablet', at(640)],
    ['--desk', at(1184)],
    ['--wide', at(1664)],
  ])
}

/** Marks that tell the states apart without colour: a cross for failed, a hatch for interrupted, a ring for running. */
const drawMark = (context: CanvasRenderingContext2D, state: ItemState, x: number, y: number, cell: number, ink: string): void => {
  if (cell < 6 || state === 'succeeded' || state === 'pending') return
  const inset = Math.max(1.5, cell * 0.28)
  context.strokeStyle = ink
  context.lineWidth = cell >= 10 ? 1.5 : 1
  context.beginPath()
  if (state === 'failed') {
    context.moveTo(x + inset, y + inset)
    context.lineTo(x + cell - inset, y + cell - inset)
    context.moveTo(x + cell - inset, y + inset)
    context.lineTo(x + inset, y + cell - inset)
  } else if (state === 'running') context.rect(x + inset, y + inset, cell - 2 * inset, cell - 2 * inset)
  else {
    context.moveTo(x + inset, y + cell / 2)
    context.lineTo(x + cell - inset, y + cell / 2)
  }
  context.stroke()
}

/** What stands on the canvas, and with which colours. */
type Drawn = { readonly letters: string; readonly layout: MapLayout; readonly turns: number; readonly palette: Palette }
type Palette = { readonly fill: Readonly<Record<ItemState, string>>; readonly mark: string; readonly ring: string }

const readPalette = (element: Element): Palette => {
  // A custom property that holds light-dark() is resolved only as the colour of something.
  const probe = document.createElement('span')
  element.append(probe)
  const resolve = (token: string): string => {
    probe.style.color = `var(${token})`
    return getComputedStyle(probe).color
  }
  const fill = Object.fromEntries(itemStates.map((state) => [state, resolve(toneClasses[itemStateLooks[state].tone].token)])) as Record<ItemState, string>
  const palette = { fill, mark: resolve('--surface'), ring: resolve('--ink') }
  probe.remove()
  return palette
}

const drawCell = (context: CanvasRenderingContext2D, layout: MapLayout, letters: string, index: number, palette: Palette): void => {
  const { x, y } = cellOrigin(layout, index)
  const state = itemStateAt(letters, index + 1)
  // Too small for a cross: what failed fills its gap as well, so that it stands out by more than its colour.
  const edge = layout.cell + (state === 'failed' && layout.cell < 6 ? layout.gap : 0)
  context.clearRect(x, y, layout.cell + layout.gap, layout.cell + layout.gap)
  context.fillStyle = palette.fill[state]
  context.fillRect(x, y, edge, edge)
  drawMark(context, state, x, y, layout.cell, palette.mark)
}

const sizeCanvas = (canvas: HTMLCanvasElement, layout: MapLayout): CanvasRenderingContext2D | null => {
  const ratio = window.devicePixelRatio || 1
  canvas.width = Math.max(1, Math.round(layout.width * ratio))
  canvas.height = Math.max(1, Math.round(layout.height * ratio))
  const context = canvas.getContext('2d')
  context?.setTransform(ratio, 0, 0, ratio, 0, 0)
  return context
}

/** Counts how often the colours of the page have changed, so that the canvas is drawn anew with them. */
const useThemeTurns = (): number => {
  const [turns, setTurns] = useState(0)
  useEffect(() => {
    const turn = (): void => setTurns((before) => before + 1)
    const system = window.matchMedia('(prefers-color-scheme: dark)')
    system.addEventListener('change', turn)
    const observer = new MutationObserver(turn)
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    return () => {
      system.removeEventListener('change', turn)
      observer.disconnect()
    }
  }, [])
  return turns
}

/** One cell an item. Arrows move, f goes to the next failed one, Enter opens; the table below says the same in words. */
export function RunMap({ letters, slugs, open, onOpen }: Props) {
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const drawn = useRef<Drawn | null>(null)
  const [width, setWidth] = useState<number | null>(null)
  const [pointed, setPointed] = useState<number | null>(null)
  const [focused, setFocused] = useState(false)
  const turns = useThemeTurns()
  const hintId = useId()
  const total = slugs.length
  const layout = useMemo(() => (width === null ? null : layoutMap(total, width, maxHeight)), [total, width])

  useEffect(() => {
    if (!frame.current) return
    const observer = new ResizeObserver(([entry]) => (entry ? setWidth(Math.floor(entry.contentRect.width)) : undefined))
    observer.observe(frame.current)
    return () => observer.disconnect()
  }, [])

  useEffect(() => {
    if (!canvas.current || !layout) return
    const before = drawn.current
    const kept = before !== null && before.layout.width === layout.width && before.layout.height === layout.height && before.turns === turns ? before : null
    const changed = kept === null ? null : changedCells(kept.letters, letters)
    const context = changed === null ? sizeCanvas(canvas.current, layout) : canvas.current.getContext('2d')
    if (!context) return
    // Reading colours has the browser lay out the whole page: not with each message of a run.
    const palette = kept?.palette ?? readPalette(canvas.current.parentElement ?? document.body)
    for (const index of changed ?? Array.from({ length: letters.length }, (_, at) => at)) drawCell(context, layout, letters, index, palette)
    drawn.current = { letters, layout, turns, palette }
  }, [letters, layout, turns])

  const at = (event: React.PointerEvent): number | null => {
    if (!layout) return null
    const box = event.currentTarget.getBoundingClientRect()
    return cellAt(layout, total, event.clientX - box.left, event.clientY - box.top)
  }
  const openAt = (index: number | null): void => {
    const slug = index === null ? undefined : slugs[index]
    if (slug !== undefined) onOpen(slug)
  }
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (!layout || event.metaKey || event.ctrlKey || event.altKey) return
    const here = pointed ?? (open === null ? 0 : Math.max(0, slugs.indexOf(open)))
    if (event.key === 'Enter') return openAt(here)
    const next = event.key === 'f' ? nextOfLetter(letters, itemLetters.failed, here) : cellAfterKey(layout, total, here, event.key)
    if (next === null) return
    event.preventDefault()
    setPointed(next)
  }

  const opened = open === null ? -1 : slugs.indexOf(open)
  return (
    <section aria-label="Map of the run">
      <div
        ref={frame}
        role="application"
        aria-label={`Map of ${plural(total, 'target')}, one cell each`}
        aria-describedby={hintId}
        tabIndex={0}
        className={cn('relative', layout ? null : 'h-(--phone) md:h-(--tablet) xl:h-(--desk) 2xl:h-(--wide)')}
        style={layout ? { height: layout.height } : heightsBefore(total)}
        onKeyDown={onKeyDown}
        onFocus={() => setFocused(true)}
        onBlur={() => {
          setFocused(false)
          setPointed(null)
        }}
        onPointerMove={(event) => setPointed(at(event))}
        onPointerLeave={() => (focused ? undefined : setPointed(null))}
        onClick={() => openAt(pointed)}
      >
        <canvas
          ref={canvas}
          aria-hidden
          className="block cursor-pointer"
          style={layout ? { width: layout.width, height: layout.height } : { width: 0, height: 0 }}
        />
        {layout && opened >= 0 ? <CellFrame layout={layout} index={opened} className="border-accent-ink" /> : null}
        {layout && pointed !== null ? <CellFrame layout={layout} index={pointed} className="border-ink" /> : null}
        {layout && pointed !== null ? <CellTip layout={layout} index={pointed} slug={slugs[pointed] ?? ''} state={itemStateAt(letters, pointed + 1)} /> : null}
      </div>
      <p id={hintId} className="sr-only">
        Arrow keys move from cell to cell, f goes to the next failed one, Enter opens it. The items table holds the same in words.
      </p>
    </section>
  )
}

type CellProps = { readonly layout: MapLayout; readonly index: number }

function CellFrame({ layout, index, className }: CellProps & { readonly className: string }) {
  const { x, y } = cellOrigin(layout, index)
  const size = layout.cell + 4
  return (
    <span
      aria-hidden
      className={cn('pointer-events-none absolute rounded-[3px] border-2', className)}
      style={{ left: x - 2, top: y - 2, width: size, height: size }}
    />
  )
}

function CellTip({ layout, index, slug, state }: CellProps & { readonly slug: string; readonly state: ItemState }) {
  const { x, y } = cellOrigin(layout, index)
  const isRight = x > layout.width / 2
  return (
    <span
      aria-live="polite"
      className="pointer-events-none absolute z-10 rounded-md bg-ink px-2 py-1 text-xs whitespace-nowrap text-canvas shadow-overlay"
      style={{ top: y + layout.cell + 6, ...(isRight ? { right: layout.width - x - layout.cell } : { left: x }) }}
    >
      <span className="mono">{slug}</span> · {itemStateLooks[state].label.toLowerCase()}
    </span>
  )
}
