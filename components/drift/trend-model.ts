/** How many targets had drifted, day by day, as a line. */
import { formatCount } from '@/lib/format'
import type { DriftSet } from '@/lib/tenancy/contract'

export type TrendDay = DriftSet['trend'][number]
export type TrendPoint = { readonly x: number; readonly y: number }
export type TrendShape = { readonly points: readonly TrendPoint[]; readonly line: string; readonly area: string }

const dayMs = 86_400_000

const dayOf = (day: string): number => Date.parse(`${day.slice(0, 10)}T00:00:00Z`) / dayMs

const rounded = (value: number): number => Math.round(value * 10) / 10

/** Days stand as far apart as they are; nothing is drawn of a single one. The scale begins at 0, so that few look like few. */
export const drawTrend = (days: readonly TrendDay[], width: number, height: number): TrendShape | null => {
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined || days.length < 2) return null
  const span = Math.max(1, dayOf(last.day) - dayOf(first.day))
  const most = Math.max(1, ...days.map(({ drifted }) => drifted))
  const points = days.map(({ day, drifted }) => ({
    x: rounded(((dayOf(day) - dayOf(first.day)) / span) * width),
    y: rounded(height - (drifted / most) * height),
  }))
  const line = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('')
  return { points, line, area: `${line}L${width} ${height}L0 ${height}Z` }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** "2026-11-12" → "12 Nov" */
const shortDay = (day: string): string => `${Number(day.slice(8, 10))} ${months[Number(day.slice(5, 7)) - 1] ?? ''}`

/** "54 drifted, 61 at most on 12 Nov" */
export const trendWords = (days: readonly TrendDay[]): string => {
  const last = days.at(-1)
  if (last === undefined) return ''
  const peak = days.reduce((most, day) => (day.drifted > most.drifted ? day : most), last)
  const now = `${formatCount(last.drifted)} drifted`
  return peak.drifted === last.drifted ? `${now}, never more` : `${now}, ${formatCount(peak.drifted)} at most on ${shortDay(peak.day)}`
}
