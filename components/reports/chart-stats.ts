/** What is usual among numbers, and what is not. */
export type Quartiles = { readonly least: number; readonly lower: number; readonly median: number; readonly upper: number; readonly most: number }

const at = (sorted: readonly number[], share: number): number => {
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? 0
  const above = sorted[Math.ceil(place)] ?? below
  return below + (above - below) * (place - Math.floor(place))
}

/** null for no numbers. */
export const quartilesOf = (values: readonly number[]): Quartiles | null => {
  if (values.length === 0) return null
  const sorted = values.toSorted((one, other) => one - other)
  return { least: at(sorted, 0), lower: at(sorted, 0.25), median: at(sorted, 0.5), upper: at(sorted, 0.75), most: at(sorted, 1) }
}

/** Tukey's outer fence: beyond it a number is far out. */
const fence = 3
const mostBins = 32

type Bin = { readonly from: number; readonly to: number; readonly count: number }

/** 1, 2 or 5 times a power of ten, so that bins begin at numbers that people read. */
export const roundStep = (step: number): number => {
  const power = 10 ** Math.floor(Math.log10(step))
  return (([1, 2, 5, 10] as const).find((factor) => factor * power >= step * 0.999_999) ?? 10) * power
}

const deviationOf = (values: readonly number[]): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}

/** Counts by width, with as many bins as the numbers bear, and the bounds beyond which a number is far from usual. */
export const spreadOf = (
  values: readonly number[],
  { least, lower, upper, most }: Quartiles,
): { readonly bins: readonly Bin[]; readonly low: number; readonly high: number } => {
  const height = upper - lower
  // Where half of all are one number, every other one would be far from it.
  const reach = fence * (height > 0 ? height : deviationOf(values))
  const low = lower - reach
  const high = upper + reach
  if (most === least) return { bins: [{ from: least, to: most, count: values.length }], low, high }
  const natural = height > 0 ? (2 * height) / Math.cbrt(values.length) : (most - least) / 10
  const step = roundStep(Math.max(natural, (most - least) / mostBins))
  const first = Math.floor(least / step)
  const counts = new Map<number, number>()
  for (const value of values) {
    const bin = Math.floor(value / step + 1e-9)
    counts.set(bin, (counts.get(bin) ?? 0) + 1)
  }
  const bins = Array.from({ length: Math.floor(most / step + 1e-9) - first + 1 }, (_, index) => first + index).map((bin) => ({
    from: bin * step,
    to: (bin + 1) * step,
    count: counts.get(bin) ?? 0,
  }))
  return { bins, low, high }
}

const compact = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4, notation: 'compact' })
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })

/** "1.2M" for axes; "1,234,567.8" for tables. */
export const shortNumber = (value: number): string => compact.format(value)
export const longNumber = (value: number): string => whole.format(value)
