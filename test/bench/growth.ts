/** From 1,000 to 10,000 targets a cost may grow at most 11 ×. */
import { appendFileSync } from 'node:fs'
import type { Result } from './output.ts'

const [from, to] = [1_000, 10_000] as const
const bar = 11

export type Growth = { readonly bench: string; readonly growth: number; readonly floorGrowth: number | null; readonly bar: number }

/** Of each bench that was measured at both sizes. */
export const growthOf = (results: readonly Result[]): Growth[] =>
  results.flatMap(({ bench, size, unit, floor, product }) => {
    if (size !== from || unit !== 'ms') return []
    const larger = results.find((result) => result.bench === bench && result.size === to)
    if (!larger) return []
    return [
      {
        bench,
        growth: larger.product.median / product.median,
        floorGrowth: floor && larger.floor ? larger.floor.median / floor.median : null,
        bar,
      },
    ]
  })

const times = (value: number): string => `${value.toFixed(1)} ×`

export const growthLines = (growths: readonly Growth[]): string =>
  growths
    .map(
      ({ bench, growth, floorGrowth }) =>
        `growth ${from.toLocaleString('en-US')} → ${to.toLocaleString('en-US')}: ${times(growth)}${floorGrowth === null ? '' : `, floor ${times(floorGrowth)}`} ` +
        `(bar ${bar} ×, ${growth <= bar ? 'within' : 'over'}): ${bench}`,
    )
    .join('\n')

export const writeGrowth = (file: string, growths: readonly Growth[]): void => {
  const at = new Date().toISOString()
  appendFileSync(file, growths.map((growth) => `${JSON.stringify({ at, from, to, ...growth })}\n`).join(''))
}
