/** How often a page reads anew what has come of a report while it runs. */
import type { RunState } from '@/lib/tenancy/contract'

const usualMs = 900
/** Somebody waits for the first row, or for the last word. */
const soonMs = 150
/** A report without rows is nobody's reason to ask several times a second until it ends. */
const mostEarlyReads = 12

/** In milliseconds as `now` is. `tookMs`: half of the time at most the server is asked, however long an answer takes. */
export type LastRead = { readonly endedAt: number; readonly tookMs: number }

/** When to read again. */
export const dueAt = ({ endedAt, tookMs }: LastRead, now: number, isSoon: boolean): number =>
  Math.max(now, endedAt + (isSoon ? soonMs : Math.max(usualMs, tookMs)))

/** Whether a read that is due then takes the place of the one that waits; null: none does. */
export const isSooner = (waiting: number | null, due: number): boolean => waiting === null || due < waiting

/** The first row is there before the first tenant's end is told. What waits, or has ended, brings none. */
export const isBare = (state: RunState, rows: number): boolean => state === 'running' && rows === 0

export const mayReadEarly = (early: number): boolean => early < mostEarlyReads
