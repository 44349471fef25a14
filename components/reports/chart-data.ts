/** Numbers of a chart out of a report's rows. */
import type { ReportColumn, ReportRow } from '@/lib/tenancy/contract'
import type { Aggregate, ChartSpec } from './chart-spec'
import { quartilesOf, spreadOf, type Quartiles } from './chart-stats'

export type Bars = { readonly labels: readonly string[]; readonly values: readonly number[]; readonly leftOut: number }
export type Lines = {
  /** Milliseconds since 1970. */
  readonly times: readonly number[]
  readonly series: ReadonlyArray<{ readonly name: string; readonly values: ReadonlyArray<number | null> }>
  readonly leftOut: number
}
export type TenantValue = { readonly tenant: string; readonly value: number }
export type Distribution = {
  readonly bins: ReadonlyArray<{ readonly from: number; readonly to: number; readonly count: number }>
  readonly quartiles: Quartiles
  readonly tenants: readonly TenantValue[]
  /** Far from what is usual, the farthest first. */
  readonly outliers: readonly TenantValue[]
}
export type Heat = {
  readonly tenants: readonly string[]
  readonly times: readonly string[]
  /** By tenant, then time; null: no row. */
  readonly cells: ReadonlyArray<ReadonlyArray<number | null>>
  readonly most: number
  readonly leftOut: number
}

const mostBars = 30
const mostLines = 8
const mostHeatTenants = 60
const mostHeatTimes = 120

class Tally {
  count = 0
  sum = 0
  least = Number.POSITIVE_INFINITY
  most = Number.NEGATIVE_INFINITY
  add(value: number): void {
    this.count += 1
    this.sum += value
    this.least = Math.min(this.least, value)
    this.most = Math.max(this.most, value)
  }
  come(aggregate: Aggregate): number {
    switch (aggregate) {
      case 'sum':
        return this.sum
      case 'avg':
        return this.count === 0 ? 0 : this.sum / this.count
      case 'max':
        return this.most
      case 'min':
        return this.least
      case 'count':
        return this.count
    }
  }
}

const numberIn = (value: string | null | undefined): number | null => {
  const number = value === null || value === undefined || value === '' ? Number.NaN : Number(value)
  return Number.isFinite(number) ? number : null
}

/** As PostgreSQL writes a time, in UTC. */
export const timeIn = (value: string | null | undefined): number | null => {
  if (value === null || value === undefined) return null
  const text = /^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00:00Z` : value.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')
  const time = Date.parse(/[zZ]$|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`)
  return Number.isNaN(time) ? null : time
}

const none = '(none)'

/** Tallies by a key of each row; rows without a number count only where rows are counted. */
const tallied = (rows: readonly ReportRow[], spec: ChartSpec, y: number, keyOf: (row: ReportRow) => string | null): ReadonlyMap<string, Tally> => {
  const tallies = new Map<string, Tally>()
  for (const row of rows) {
    const key = keyOf(row)
    const value = numberIn(row[y])
    if (key === null || (value === null && spec.aggregate !== 'count')) continue
    const tally = tallies.get(key) ?? new Tally()
    tally.add(value ?? 0)
    tallies.set(key, tally)
  }
  return tallies
}

const placeOf = (columns: readonly ReportColumn[], name: string | null): number => columns.findIndex((column) => column.name === name)

const largestFirst = <T extends { readonly value: number }>(list: readonly T[]): readonly T[] => list.toSorted((one, other) => other.value - one.value)

type WholeTenants = { readonly rows: readonly ReportRow[]; readonly leftOut: string }

/** Rows that are cut, without those of the tenant that the cut may go through; null where they do not come tenant by tenant in order, so that it may go through each. */
export const wholeTenants = (columns: readonly ReportColumn[], rows: readonly ReportRow[]): WholeTenants | null => {
  const place = placeOf(columns, 'tenant')
  const slugs = rows.map((row) => row[place] ?? none)
  const isUpward = slugs.every((slug, index) => index === 0 || slug >= (slugs[index - 1] ?? slug))
  const isDownward = slugs.every((slug, index) => index === 0 || slug <= (slugs[index - 1] ?? slug))
  const leftOut = slugs.at(-1)
  return leftOut === undefined || (!isUpward && !isDownward) ? null : { rows: rows.slice(0, slugs.indexOf(leftOut)), leftOut }
}

export const barsOf = (columns: readonly ReportColumn[], rows: readonly ReportRow[], spec: ChartSpec): Bars => {
  const x = placeOf(columns, spec.x)
  const all = [...tallied(rows, spec, placeOf(columns, spec.y), (row) => row[x] ?? none)].map(([label, tally]) => ({
    label,
    value: tally.come(spec.aggregate),
  }))
  const shown = largestFirst(all).slice(0, mostBars)
  return { labels: shown.map(({ label }) => label), values: shown.map(({ value }) => value), leftOut: all.length - shown.length }
}

export const linesOf = (columns: readonly ReportColumn[], rows: readonly ReportRow[], spec: ChartSpec): Lines => {
  const x = placeOf(columns, spec.x)
  const y = placeOf(columns, spec.y)
  const by = placeOf(columns, spec.by)
  const groups = Map.groupBy(rows, (row) => (by === -1 ? spec.y : (row[by] ?? none)))
  const all = [...groups].map(([name, own]) => {
    const tallies = tallied(own, spec, y, (row) => timeIn(row[x])?.toString() ?? null)
    const points = new Map([...tallies].map(([time, tally]) => [Number(time), tally.come(spec.aggregate)]))
    return { name, points, value: [...points.values()].reduce((sum, value) => sum + Math.abs(value), 0) }
  })
  const shown = largestFirst(all).slice(0, mostLines)
  const times = [...new Set(shown.flatMap(({ points }) => [...points.keys()]))].toSorted((one, other) => one - other)
  return {
    times,
    series: shown.map(({ name, points }) => ({ name, values: times.map((time) => points.get(time) ?? null) })),
    leftOut: all.length - shown.length,
  }
}

/** A tenant's number, all of its rows together. */
export const tenantValues = (columns: readonly ReportColumn[], rows: readonly ReportRow[], spec: ChartSpec): readonly TenantValue[] => {
  const tenant = placeOf(columns, 'tenant')
  return largestFirst(
    [...tallied(rows, spec, placeOf(columns, spec.y), (row) => row[tenant] ?? null)].map(([slug, tally]) => ({
      tenant: slug,
      value: tally.come(spec.aggregate),
    })),
  )
}

export const distributionOf = (columns: readonly ReportColumn[], rows: readonly ReportRow[], spec: ChartSpec): Distribution | null => {
  const tenants = tenantValues(columns, rows, spec)
  const quartiles = quartilesOf(tenants.map(({ value }) => value))
  if (quartiles === null) return null
  const { bins, low, high } = spreadOf(
    tenants.map(({ value }) => value),
    quartiles,
  )
  const distance = ({ value }: TenantValue): number => Math.max(value - high, low - value)
  const outliers = tenants.filter((one) => distance(one) > 0).toSorted((one, other) => distance(other) - distance(one))
  return { bins, quartiles, tenants, outliers }
}

export const heatOf = (columns: readonly ReportColumn[], rows: readonly ReportRow[], spec: ChartSpec): Heat => {
  const x = placeOf(columns, spec.x)
  const y = placeOf(columns, spec.y)
  const tenant = placeOf(columns, 'tenant')
  const all = tenantValues(columns, rows, spec)
  const tenants = all.slice(0, mostHeatTenants).map((one) => one.tenant)
  const everyTime = [...new Set(rows.flatMap((row) => (timeIn(row[x]) === null ? [] : [row[x] ?? ''])))].toSorted(
    (one, other) => (timeIn(one) ?? 0) - (timeIn(other) ?? 0),
  )
  const times = everyTime.slice(-mostHeatTimes)
  const tallies = tallied(rows, spec, y, (row) => (row[tenant] === null || row[x] === null ? null : `${row[tenant]} ${row[x]}`))
  const cells = tenants.map((slug) => times.map((time) => tallies.get(`${slug} ${time}`)?.come(spec.aggregate) ?? null))
  const most = cells.flat().reduce((largest: number, value) => Math.max(largest, value ?? 0), 0)
  return { tenants, times, cells, most, leftOut: all.length - tenants.length }
}
