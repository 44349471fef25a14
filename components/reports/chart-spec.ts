/** How a report's rows are drawn: chosen by whoever looks, kept in the address, and with the report. */
import { z } from 'zod'
import type { ReportColumn } from '@/lib/tenancy/contract'
import { isNumber } from './report-model'

export const chartKinds = ['bar', 'line', 'distribution', 'heat'] as const
export type ChartKind = (typeof chartKinds)[number]
export const aggregates = ['sum', 'avg', 'max', 'min', 'count'] as const
export type Aggregate = (typeof aggregates)[number]

export type ChartSpec = {
  readonly kind: ChartKind
  /** What stands along the bottom: categories of bars, time of lines and heat; null where the kind has none. */
  readonly x: string | null
  /** The number that is drawn. */
  readonly y: string
  /** A line for each of its values; null: one line. */
  readonly by: string | null
  readonly aggregate: Aggregate
}

export const kindWords: Readonly<Record<ChartKind, string>> = {
  bar: 'Bars',
  line: 'Lines over time',
  distribution: 'Distribution over tenants',
  heat: 'Tenants by time',
}
export const aggregateWords: Readonly<Record<Aggregate, string>> = { sum: 'sum', avg: 'average', max: 'largest', min: 'smallest', count: 'rows' }

const times = /^(date|timestamp without time zone|timestamp with time zone)$/
export const isTime = ({ type }: ReportColumn): boolean => times.test(type)
const isName = (column: ReportColumn): boolean => !isNumber(column) && !isTime(column)

export type Choices = { readonly x: readonly string[]; readonly y: readonly string[]; readonly by: readonly string[] }

const namesOf = (columns: readonly ReportColumn[], fits: (column: ReportColumn) => boolean): readonly string[] => columns.filter(fits).map(({ name }) => name)

/** What may be chosen for a kind. */
export const choicesFor = (columns: readonly ReportColumn[], kind: ChartKind): Choices => {
  const y = namesOf(columns, isNumber)
  switch (kind) {
    case 'bar':
      return { x: [...namesOf(columns, isName), ...namesOf(columns, isTime)], y, by: [] }
    case 'line':
      return { x: namesOf(columns, isTime), y, by: namesOf(columns, isName) }
    case 'heat':
      return { x: namesOf(columns, isTime), y, by: [] }
    case 'distribution':
      return { x: [], y, by: [] }
  }
}

const hasTenants = (columns: readonly ReportColumn[]): boolean => columns.some(({ name }) => name === 'tenant')

/** Kinds for which the columns have what is needed. */
export const kindsFor = (columns: readonly ReportColumn[]): readonly ChartKind[] =>
  chartKinds.filter((kind) => {
    const { x, y } = choicesFor(columns, kind)
    if (y.length === 0) return false
    if (kind === 'distribution') return hasTenants(columns)
    return x.length > 0 && (kind !== 'heat' || hasTenants(columns))
  })

/** The nearest to what was asked for that the columns allow; null where nothing can be drawn. */
export const fitSpec = (columns: readonly ReportColumn[], asked: Partial<ChartSpec>): ChartSpec | null => {
  const kinds = kindsFor(columns)
  // Time is what one wants to see where there is any; else the names that the report made.
  const usual = kinds.includes('line') ? 'line' : kinds[0]
  const kind = kinds.find((one) => one === asked.kind) ?? usual
  if (kind === undefined) return null
  const { x, y, by } = choicesFor(columns, kind)
  const usualX = x.find((name) => name !== 'tenant') ?? x[0] ?? null
  return {
    kind,
    x: x.find((name) => name === asked.x) ?? usualX,
    y: y.find((name) => name === asked.y) ?? y[0] ?? '',
    by: by.find((name) => name === asked.by) ?? null,
    aggregate: asked.aggregate ?? 'sum',
  }
}

const askedSchema = z.object({
  kind: z.enum(chartKinds).optional().catch(undefined),
  x: z.string().nullable().optional().catch(undefined),
  y: z.string().optional().catch(undefined),
  by: z.string().nullable().optional().catch(undefined),
  aggregate: z.enum(aggregates).optional().catch(undefined),
})

const definedOf = (asked: z.output<typeof askedSchema>): Partial<ChartSpec> =>
  Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined && value !== null))

/** Of what a report keeps. */
export const readKept = (kept: unknown): Partial<ChartSpec> => definedOf(askedSchema.safeParse(kept).data ?? {})

const keys = { kind: 'chart', x: 'x', y: 'y', by: 'by', aggregate: 'agg' } as const

/** Of an address. */
export const readAsked = (search: URLSearchParams): Partial<ChartSpec> =>
  readKept(Object.fromEntries(Object.entries(keys).flatMap(([part, key]) => (search.get(key) === null ? [] : [[part, search.get(key)]]))))

/** The address with a chart in place of the one that it had. */
export const withSpec = (search: URLSearchParams, spec: ChartSpec): URLSearchParams => {
  const next = new URLSearchParams(search)
  for (const [part, key] of Object.entries(keys) as ReadonlyArray<[keyof ChartSpec, string]>) {
    const value = spec[part]
    if (value === null) next.delete(key)
    else next.set(key, value)
  }
  return next
}
