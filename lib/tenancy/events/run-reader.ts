import { sql } from 'kysely'
import type { RunEvent } from '../contract/events.ts'
import { isFinalRun } from '../contract/states.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import type { Ears } from '../control/notify.ts'
import { TenancyError } from '../errors.ts'
import { readPaces } from '../runs/paces.ts'
import { readWait } from '../runs/waits.ts'
import { etaOf, RunWindow, type SeenItem, type SeenRun } from './run-window.ts'
import { createThrottle } from './throttle.ts'

/** Five reads a second at most, however many items settle. */
const readIntervalMs = 200
/** Also without a word from a conductor: the rate falls when nothing settles, and a message may have been lost. */
const heartbeatMs = 2_000
/** What a run waits for lasts, and asking costs a look at its items. */
const aroundIntervalMs = 1_900

const readRun = async (db: ControlDb, run: number, after: number | null): Promise<{ run: SeenRun; changed: readonly SeenItem[] } | null> =>
  // One snapshot, so that no item is missed between the revision and what it brought.
  db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (trx) => {
      const runs = await sql<SeenRun>`
      select revision, state, stop_reason as "stopReason", started_at as "startedAt", clock_timestamp() as now from run where id = ${run}`.execute(trx)
      const seen = runs.rows[0]
      if (!seen) return null
      if (after !== null && seen.revision === after) return { run: seen, changed: [] }
      const items = await sql<SeenItem>`
      select position, state, revision, finished_at as "finishedAt" from run_item
      where run_id = ${run} and ${after === null ? sql`true` : sql`revision > ${after}`} order by position`.execute(trx)
      return { run: seen, changed: items.rows }
    })

/** What is not of the items: what holds the run up, and how many are worked at once. */
type Around = Pick<RunEvent, 'waitsFor' | 'paces'>

const readAround = async (db: ControlDb, run: number): Promise<Around> => {
  const [waitsFor, paces] = await Promise.all([readWait(db, run), readPaces(db, run)])
  return { waitsFor, paces }
}

const eventFor = (run: number, window: RunWindow, around: Around, after: number | null): RunEvent => {
  const changes = after === null ? null : window.changesAfter(after)
  const { rate, counts } = window
  return {
    run,
    revision: window.run.revision,
    state: window.run.state,
    counts,
    rate,
    etaMs: etaOf(window.run.state, counts, rate),
    stopReason: window.run.stopReason,
    ...around,
    changes: changes ?? [],
    map: changes === null ? window.map : null,
    at: window.run.now.toISOString(),
  }
}

type Subscriber = { revision: number | null; readonly listener: (event: RunEvent) => void }

/** Everything that the readers of one run share in this process. */
export type RunReader = {
  /** Calls back at once with the run as it is. Returns the way to stop, which says whether anybody is left. */
  join(afterRevision: number | null, listener: (event: RunEvent) => void): () => { readonly left: number }
  stop(): void
  /** Stopped for good: whoever comes now needs a new one. */
  isStopped(): boolean
}

const startReader = (library: Library, run: number, window: RunWindow, first: Around) => {
  const subscribers = new Set<Subscriber>()
  let around = first
  let aroundReadAt = performance.now()

  const tell = (): void => {
    // Readers that came along have the same revision: they share one event.
    const events = new Map<number | null, RunEvent>()
    for (const subscriber of subscribers) {
      const event = events.get(subscriber.revision) ?? eventFor(run, window, around, subscriber.revision)
      events.set(subscriber.revision, event)
      subscriber.revision = event.revision
      subscriber.listener(event)
    }
  }

  const advance = async (): Promise<void> => {
    const before = { revision: window.run.revision, rate: window.rate, around: JSON.stringify(around) }
    try {
      const next = await readRun(library.control.db, run, before.revision)
      if (!next) return
      if (isFinalRun(next.run.state)) around = { waitsFor: null, paces: {} }
      else if (performance.now() - aroundReadAt > aroundIntervalMs) {
        aroundReadAt = performance.now()
        around = await readAround(library.control.db, run)
      }
      // Last: what is known but not told because of an error would stay untold.
      window.advance(next.run, next.changed)
    } catch (error) {
      library.logger.warn({ run, error }, 'run.events_unread')
      return
    }
    if (window.run.revision !== before.revision || window.rate !== before.rate || JSON.stringify(around) !== before.around) tell()
  }

  const join: RunReader['join'] = (afterRevision, listener) => {
    const event = eventFor(run, window, around, afterRevision)
    const subscriber: Subscriber = { revision: event.revision, listener }
    subscribers.add(subscriber)
    listener(event)
    return () => {
      subscribers.delete(subscriber)
      return { left: subscribers.size }
    }
  }

  return { join, advance }
}

/** Reads the run whole, then what changes, until it is stopped. @throws run.unknown */
export const openRunReader = async (library: Library, ears: Ears, run: number): Promise<RunReader> => {
  // Listens before it reads: what changes in between is heard.
  let missed = false
  let ask = (): void => {
    missed = true
  }
  const unsubscribe = await ears.subscribe((message) => {
    if (message.topic === 'reconnected' || (message.topic === 'run' && message.id === run)) ask()
  })
  try {
    const first = await readRun(library.control.db, run, null)
    if (!first) throw new TenancyError('run.unknown', { run })
    const window = new RunWindow(first.run, first.changed)
    const { join, advance } = startReader(library, run, window, await readAround(library.control.db, run))
    const throttle = createThrottle(readIntervalMs, advance)
    ask = () => throttle.ask()
    if (missed) ask()
    const beat = setInterval(() => {
      if (!isFinalRun(window.run.state)) ask()
    }, heartbeatMs)
    let stopped = false
    const stop = (): void => {
      stopped = true
      unsubscribe()
      clearInterval(beat)
      throttle.stop()
    }
    return { join, stop, isStopped: () => stopped }
  } catch (error) {
    unsubscribe()
    throw error
  }
}
