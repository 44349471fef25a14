/** One chart: what is drawn, what is said of it, and the table behind it. */
import { formatCount, plural } from '@/lib/format'
import type { ReportColumn, ReportRow } from '@/lib/tenancy/contract'
import { barsOf, distributionOf, heatOf, linesOf, wholeTenants, type Heat, type TenantValue } from './chart-data'
import { aggregateWords, type ChartSpec } from './chart-spec'
import { longNumber, shortNumber } from './chart-stats'
import type { Plot } from './mount-plot'

export type Drawn = {
  /** null: the heat is drawn as the table that it is. */
  readonly plot: Plot | null
  readonly heat: Heat | null
  readonly title: string
  /** Numbers first. */
  readonly sentence: string
  readonly outliers: readonly TenantValue[]
  readonly headings: readonly string[]
  readonly table: ReadonlyArray<readonly string[]>
}

const whatIs = ({ aggregate, y }: ChartSpec): string => (aggregate === 'count' ? 'rows' : aggregate === 'sum' ? y : `${aggregateWords[aggregate]} ${y}`)
const time = (at: number): string =>
  new Date(at)
    .toISOString()
    .slice(0, 16)
    .replace('T', ' ')
    .replace(/ 00:00$/, '')
const leftOutWords = (leftOut: number, one: string): string => (leftOut === 0 ? '' : ` ${plural(leftOut, `more ${one}`)} left out.`)

const drawBars = (columns: readonly ReportColumn[], rows: readonly ReportRow[], spec: ChartSpec): Drawn => {
  const { labels, values, leftOut } = barsOf(columns, rows, spec)
  const [first, most] = [labels[0], values[0]]
  const alike = values.filter((value) => value === most).length - 1
  return {
    plot: { kind: 'bars', labels, values, isHistogram: false },
    heat: null,
    title: `${whatIs(spec)} for each ${spec.x ?? ''}`,
    sentence: `${first === undefined || most === undefined ? 'Nothing to draw.' : `${longNumber(most)} is the most, of ${first}${alike === 0 ? '' : ` and ${plural(alike, 'other')}`}.`}${leftOutWords(leftOut, 'bar')}`,
    outliers: [],
    headings: [spec.x ?? '', whatIs(spec)],
    table: labels.map((label, index) => [label, longNumber(values[index] ?? 0)]),
  }
}

const drawLines = (columns: readonly ReportColumn[], rows: readonly ReportRow[], spec: ChartSpec): Drawn => {
  const { times, series, leftOut } = linesOf(columns, rows, spec)
  const [first, last] = [times[0], times.at(-1)]
  return {
    plot: { kind: 'lines', times, series },
    heat: null,
    title: `${whatIs(spec)} over ${spec.x ?? ''}${spec.by === null ? '' : `, a line for each ${spec.by}`}`,
    sentence: `${first === undefined || last === undefined ? 'Nothing to draw.' : `${plural(times.length, 'time')} from ${time(first)} to ${time(last)}.`}${leftOutWords(leftOut, 'line')}`,
    outliers: [],
    headings: [spec.x ?? '', ...series.map(({ name }) => name)],
    table: times.map((at, index) => [
      time(at),
      ...series.map(({ values }) => (values[index] === null || values[index] === undefined ? '–' : longNumber(values[index]))),
    ]),
  }
}

const drawDistribution = (columns: readonly ReportColumn[], rows: readonly ReportRow[], spec: ChartSpec): Drawn | null => {
  const found = distributionOf(columns, rows, spec)
  if (found === null) return null
  const { bins, quartiles, outliers, tenants } = found
  return {
    plot: { kind: 'bars', labels: bins.map(({ from }) => shortNumber(from)), values: bins.map(({ count }) => count), isHistogram: true },
    heat: null,
    title: `Tenants by ${whatIs(spec)}`,
    sentence: `${longNumber(quartiles.median)} is the median of ${plural(tenants.length, 'tenant')}; half of them lie between ${longNumber(quartiles.lower)} and ${longNumber(quartiles.upper)}.`,
    outliers,
    headings: [`${whatIs(spec)} from`, 'to below', 'tenants'],
    table: bins.map(({ from, to, count }) => [longNumber(from), longNumber(to), formatCount(count)]),
  }
}

const drawHeat = (columns: readonly ReportColumn[], rows: readonly ReportRow[], spec: ChartSpec): Drawn => {
  const heat = heatOf(columns, rows, spec)
  return {
    plot: null,
    heat,
    title: `${whatIs(spec)} of tenants over ${spec.x ?? ''}`,
    sentence: `${plural(heat.tenants.length, 'tenant')} by ${plural(heat.times.length, 'time')}; ${longNumber(heat.most)} is the most.${leftOutWords(heat.leftOut, 'tenant')}`,
    outliers: distributionOf(columns, rows, spec)?.outliers ?? [],
    headings: [],
    table: [],
  }
}

const draw = (columns: readonly ReportColumn[], rows: readonly ReportRow[], spec: ChartSpec): Drawn | null => {
  switch (spec.kind) {
    case 'bar':
      return drawBars(columns, rows, spec)
    case 'line':
      return drawLines(columns, rows, spec)
    case 'distribution':
      return drawDistribution(columns, rows, spec)
    case 'heat':
      return drawHeat(columns, rows, spec)
  }
}

const isPerTenant = ({ kind, x, by }: ChartSpec): boolean =>
  kind === 'distribution' || kind === 'heat' || (kind === 'bar' && x === 'tenant') || (kind === 'line' && by === 'tenant')

/** @param isCut there are more rows than these. @returns null: none of the rows has a number, or of no tenant all are there */
export const drawChart = (columns: readonly ReportColumn[], rows: readonly ReportRow[], spec: ChartSpec, isCut = false): Drawn | null => {
  if (!isCut || !isPerTenant(spec)) return draw(columns, rows, spec)
  const whole = wholeTenants(columns, rows)
  if (whole !== null) return whole.rows.length === 0 ? null : draw(columns, whole.rows, spec)
  const drawn = draw(columns, rows, spec)
  // Whoever is far from the others may be so by what is not among the rows.
  return drawn && { ...drawn, outliers: [] }
}

type Cut = { readonly isCombined: boolean; /** null: not known. */ readonly total: number | null }

/** Of rows that are cut: what is drawn of them, and how all can be. */
export const cutWords = (columns: readonly ReportColumn[], rows: readonly ReportRow[], spec: ChartSpec, { isCombined, total }: Cut): string => {
  const what = isCombined ? 'combined row' : 'row'
  const of = total === null ? `${plural(rows.length, what)} of more` : `${formatCount(rows.length)} of ${plural(total, what)}`
  const whole = isPerTenant(spec) ? wholeTenants(columns, rows) : undefined
  const missing = whole === undefined ? '' : whole === null ? '; of each tenant there may be more' : `, without ${whole.leftOut}, of which there may be more`
  return `Drawn from the first ${of}${missing}. To draw all, add them up in the combining SELECT, such as by GROUP BY tenant, or ask fewer tenants.`
}
