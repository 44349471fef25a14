/** Figures: a number that each run of a report comes to, its trend, and the line that it should not cross. */
import { formatCount, plural } from '@/lib/format'
import type { FigureValue, PinnedFigure, ReportFigure, ReportFigureInput } from '@/lib/tenancy/contract'
import { longNumber, shortNumber } from './chart-stats'

/** Exactly as PostgreSQL wrote it where it is short, else near enough. */
export const figureText = (value: string | null): string => {
  if (value === null) return '–'
  const number = Number(value)
  if (!Number.isFinite(number)) return value
  return Math.abs(number) >= 1e9 ? shortNumber(number) : longNumber(number)
}

export const newest = ({ trend }: Pick<ReportFigure, 'trend'>): FigureValue | null => trend.at(-1) ?? null

const aggregateOf = { count: 'number', sum: 'sum', avg: 'average', min: 'smallest', max: 'largest' } as const

/** "sum of seats over all rows", "seats of the combined row". */
export const sourceWords = ({ source, aggregate, column }: ReportFigureInput): string =>
  source === 'combined'
    ? `${column ?? ''} of the first combined row`
    : column === null
      ? 'number of rows'
      : `${aggregateOf[aggregate ?? 'count']} of ${column} over all rows`

/** "alerts above 90"; empty without a line. */
export const lineWords = ({ line }: Pick<ReportFigureInput, 'line'>): string => (line === null ? '' : `alerts ${line.kind} ${figureText(line.value)}`)

/** "from 3 of 5 tenants"; empty where all have answered. */
export const partWords = (of: Pick<FigureValue, 'answered' | 'tenants'> | null): string =>
  of === null || of.answered >= of.tenants ? '' : `from ${formatCount(of.answered)} of ${plural(of.tenants, 'tenant')}`

const valueWords = (of: FigureValue): string => [figureText(of.value), partWords(of)].filter((part) => part !== '').join(' ')

/** Of a figure that alerts: "91 is above 90"; "91 was above 90" where the newest run came to no number; "91 was above 90 (12 from 3 of 5 tenants does not end it)". */
export const alertWords = ({ line, trend }: Pick<ReportFigure, 'line' | 'trend'>): string => {
  const last = trend.findLast(({ value }) => value !== null)
  if (line === null || last === undefined) return ''
  const bound = `${line.kind} ${figureText(line.value)}`
  if (last.isBeyond) return `${valueWords(last)} ${last === trend.at(-1) ? 'is' : 'was'} ${bound}`
  const beyond = trend.findLast(({ isBeyond }) => isBeyond)
  return `${beyond === undefined ? 'it' : valueWords(beyond)} was ${bound} (${valueWords(last)} does not end it)`
}

export type FigureWorry = { readonly kind: 'figure'; readonly text: string; readonly href: string }

/** What of them needs a person: those beyond their line, and those that the newest run came to no number of. */
export const figureWorries = (figures: readonly PinnedFigure[]): readonly FigureWorry[] =>
  figures.flatMap((figure): FigureWorry[] => {
    const { name, report, alertingSince } = figure
    const href = `/reports/${report.id}`
    if (alertingSince !== null) return [{ kind: 'figure', text: `${name}: ${alertWords(figure)}`, href }]
    return newest(figure)?.problem ? [{ kind: 'figure', text: `${name}: the newest run of ${report.name} came to no figure`, href }] : []
  })

type Trend = {
  readonly path: string
  readonly last: { readonly x: number; readonly y: number }
  /** Of the line that alerts; null when it is out of sight. */ readonly lineY: number | null
}

const numberOf = (value: string | null): number | null => (value === null || !Number.isFinite(Number(value)) ? null : Number(value))

/** Values as a line, oldest first, as far apart as there are steps; null for fewer than two. */
export const drawFigure = ({ trend, line }: Pick<ReportFigure, 'trend' | 'line'>, width: number, height: number): Trend | null => {
  const values = trend.flatMap(({ value }) => numberOf(value) ?? [])
  if (values.length < 2) return null
  const bound = line === null ? null : numberOf(line.value)
  const least = Math.min(...values)
  const most = Math.max(...values)
  const span = most - least || 1
  const yOf = (value: number): number => Math.round((height - ((value - least) / span) * height) * 10) / 10
  const points = values.map((value, index) => ({ x: Math.round((index / (values.length - 1)) * width * 10) / 10, y: most === least ? height / 2 : yOf(value) }))
  const last = points.at(-1) ?? { x: 0, y: 0 }
  return {
    path: points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join(''),
    last,
    lineY: bound === null || bound < least || bound > most || most === least ? null : yOf(bound),
  }
}

/** What is sent of a figure: its own, not what came of it. */
export const inputOf = ({ name, source, aggregate, column, isPinned, line }: ReportFigure): ReportFigureInput => ({
  name,
  source,
  aggregate,
  column,
  isPinned,
  line,
})
