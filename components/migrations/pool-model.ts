/** What a set's page says of its ready schemas. */
import { plural } from '@/lib/format'
import { describePoolWait, maxPoolSize, type PoolView } from '@/lib/tenancy/contract'

/** "20 of 20 ready", "3 of 20 ready", "2 ready, none are to be kept" */
export const poolText = ({ size, ready }: Pick<PoolView, 'size' | 'ready'>): string =>
  size === 0 ? `${ready} ready, none ${ready === 1 ? 'is' : 'are'} to be kept` : `${ready} of ${size} ready`

export type PoolReason = { readonly tone: 'bad' | 'plain'; readonly text: string; readonly retryAt: string | null }

const asBuilt = (ready: number): string => (ready === 0 ? ' New tenants are built meanwhile.' : '')

/** Why there are fewer than there are to be, and what happens next; null when there are enough. */
export const poolReason = ({ size, ready, building, problem, retryAt, waitsFor }: Omit<PoolView, 'database'>): PoolReason | null => {
  // What passes was met before, and is tried again after what is waited for now.
  if (waitsFor !== null) return { tone: waitsFor.for === 'server' ? 'bad' : 'plain', text: `${describePoolWait(waitsFor)}.${asBuilt(ready)}`, retryAt: null }
  if (problem !== null) return { tone: 'bad', text: `${problem}. New tenants are built.`, retryAt }
  if (ready >= size) return null
  return { tone: 'plain', text: `${building > 0 ? 'One is being made' : 'A worker makes the rest'}, one after the other.${asBuilt(ready)}`, retryAt: null }
}

/** What is not full changes by itself, and is read again soon. */
export const isFilling = (pools: ReadonlyArray<Pick<PoolView, 'size' | 'ready'>>): boolean => pools.some(({ size, ready }) => ready !== size)

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
