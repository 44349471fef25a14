/** What a set's page says of its ready schemas. */
import { plural } from '@/lib/format'
import { maxPoolSize, type PoolView } from '@/lib/tenancy/contract'

/** "20 of 20 ready", "3 of 20 ready", "2 ready, none are to be kept" */
export const poolText = ({ size, ready }: Pick<PoolView, 'size' | 'ready'>): string =>
  size === 0 ? `${ready} ready, none ${ready === 1 ? 'is' : 'are'} to be kept` : `${ready} of ${size} ready`

/** What is wrong with a size as typed; null when nothing is. */
export const poolSizeProblem = (text: string): string | null =>
  /^\d{1,4}$/.test(text.trim()) && Number(text) <= maxPoolSize ? null : `A whole number from 0 (none) to ${maxPoolSize}.`

/** What the change does, for the toast. */
export const poolSentence = (set: string, { database, size }: Pick<PoolView, 'database' | 'size'>): string =>
  size === 0
    ? `${set} keeps no ready schemas in ${database} any more; those that are there are dropped.`
    : `${set} keeps ${plural(size, 'ready schema')} in ${database}; a worker makes what is missing.`

/** Where a pool can be made that there is none of yet; the one for new tenants first. */
export const unpooled = (databases: readonly string[], pools: ReadonlyArray<Pick<PoolView, 'database'>>, first: string | null): readonly string[] => {
  const free = databases.filter((name) => !pools.some(({ database }) => database === name))
  return first !== null && free.includes(first) ? [first, ...free.filter((name) => name !== first)] : free
}
