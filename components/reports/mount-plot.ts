import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { shortNumber } from './chart-stats'

/** Okabe–Ito's, which tell apart for nearly all eyes; the accent alone where there is one series. */
const seriesTokens = ['--ahead', '--bad', '--good', '--drift', '--behind', '--live', '--gone', '--accent'] as const

/** Pairs of colours for light and dark come out resolved only through a computed colour. */
const colourReader = (element: HTMLElement): ((token: string) => string) => {
  const probe = document.createElement('span')
  element.append(probe)
  const style = getComputedStyle(probe)
  return (token) => {
    probe.style.color = `var(${token})`
    return style.color
  }
}

export type Plot =
  | { readonly kind: 'bars'; readonly labels: readonly string[]; readonly values: readonly number[]; readonly isHistogram: boolean }
  | {
      readonly kind: 'lines'
      readonly times: readonly number[]
      readonly series: ReadonlyArray<{ readonly name: string; readonly values: ReadonlyArray<number | null> }>
    }

type Options = { readonly parent: HTMLElement; readonly plot: Plot; readonly width: number; readonly height: number }

const cut = (label: string, most: number): string => (label.length > most ? `${label.slice(0, most - 1)}…` : label)

const axes = (colour: (token: string) => string): Pick<uPlot.Axis, 'stroke' | 'grid' | 'ticks' | 'font'> => {
  const lines = { stroke: colour('--line'), width: 1 }
  return { stroke: colour('--muted'), grid: lines, ticks: { ...lines, size: 4 }, font: `11px ${getComputedStyle(document.body).fontFamily}` }
}

const bars = ({ parent, width, height }: Options, plot: Extract<Plot, { kind: 'bars' }>): uPlot => {
  const colour = colourReader(parent)
  const { labels, values, isHistogram } = plot
  // As many labels as there is room for; slanted where they are names.
  const every = Math.max(1, Math.ceil(labels.length / Math.max(2, Math.floor(width / (isHistogram ? 64 : 26)))))
  const room = (width - 80) / Math.max(1, labels.length)
  const isSlanted = !isHistogram && labels.some((label) => Math.min(label.length, 16) * 6.5 > room)
  return new uPlot(
    {
      width,
      height,
      padding: [null, isSlanted ? 40 : null, null, null],
      legend: { show: false },
      cursor: { y: false, points: { show: false } },
      scales: { x: { time: false, range: [-0.6, labels.length - 0.4] }, y: { range: (_, least, most) => [Math.min(0, least), most <= 0 ? 0 : most * 1.06] } },
      axes: [
        {
          ...axes(colour),
          grid: { show: false },
          size: isSlanted ? 92 : 30,
          rotate: isSlanted ? -50 : 0,
          splits: () => labels.map((_, index) => index).filter((index) => index % every === 0),
          values: (_, splits) => splits.map((index) => cut(labels[index] ?? '', 16)),
        },
        { ...axes(colour), size: 56, values: (_, splits) => splits.map(shortNumber) },
      ],
      series: [
        {},
        {
          fill: colour('--accent'),
          stroke: colour('--accent'),
          width: 0,
          paths: uPlot.paths.bars?.({ size: [isHistogram ? 0.98 : 0.72, 64], radius: isHistogram ? 0 : 0.08 }),
          points: { show: false },
        },
      ],
    },
    [labels.map((_, index) => index), [...values]],
    parent,
  )
}

const lines = ({ parent, width, height }: Options, { times, series }: Extract<Plot, { kind: 'lines' }>): uPlot => {
  const colour = colourReader(parent)
  return new uPlot(
    {
      width,
      height,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      legend: { show: series.length > 1, live: false },
      axes: [axes(colour), { ...axes(colour), size: 56, values: (_, splits) => splits.map(shortNumber) }],
      scales: { y: { range: (_, least, most) => [Math.min(0, least), most <= 0 ? 1 : most * 1.06] } },
      series: [
        {},
        ...series.map(({ name }, index) => ({
          label: name,
          stroke: colour(series.length === 1 ? '--accent' : (seriesTokens[index] ?? '--accent')),
          width: 1.75,
          spanGaps: false,
          points: { show: times.length < 60, size: 5 },
        })),
      ],
    },
    [times.map((time) => time / 1000), ...series.map(({ values }) => [...values])],
    parent,
  )
}

/** Draws it; returns the way to take it away. */
export const mountPlot = (options: Options): (() => void) => {
  const { plot, parent } = options
  const drawn = plot.kind === 'bars' ? bars(options, plot) : lines(options, plot)
  return () => {
    drawn.destroy()
    parent.replaceChildren()
  }
}
