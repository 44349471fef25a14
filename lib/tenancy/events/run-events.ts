import { sql } from 'kysely'
import type { RunEvent } from '../contract/events.ts'
import { isFinalRun } from '../contract/states.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import type { Ears } from '../control/notify.ts'
import { TenancyError } from '../errors.ts'
import { etaOf, RunWindow, type SeenItem, type SeenRun } from './run-window.ts'
import { createThrottle, type Throttle } from './throttle.ts'

/** Five reads a second at most, however many items settle. */
const readIntervalMs = 200
/** Also without a word from a conductor: the rate falls when nothing settles, and a message may have been lost. */
const heartbeatMs = 2_000

const readRun = async (db: ControlDb, run: number, after: number | null): Promise<{ run: SeenRun; changed: readonly SeenItem[] } | null> =>
  // One snapshot, so that no item is missed between the revision and what it brought.
  db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(async (trx) => {
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

type Subscriber = { revision: number | null; readonly listener: (event: RunEvent) => void }

/** Everything that readers of one run share in this process. */
type Reader = {
  readonly subscribers: Set<Subscriber>
  readonly window: RunWindow
  readonly throttle: Throttle
  readonly stop: () => void
}

const eventFor = (run: number, window: RunWindow, after: number | null): RunEvent => {
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
    changes: changes ?? [],
    map: changes === null ? window.map : null,
    at: window.run.now.toISOString(),
  }
}

export type RunEvents = {
  /** First calls back with the run as it is, in full when `afterRevision` is null or too long ago. @throws run.unknown */
  subscribe(run: number, afterRevision: number | null, listener: (event: RunEvent) => void): Promise<() => void>
}

/** One reader a run, whoever looks; it stops when nobody does. */
export const createRunEvents = (library: Library, ears: Ears): RunEvents => {
  const readers = new Map<number, Promise<Reader>>()
  const { db } = library.control

  const tell = (run: number, reader: Reader): void => {
    // Readers that came along have the same revision: they share one event.
    const events = new Map<number | null, RunEvent>()
    for (const subscriber of reader.subscribers) {
      const event = events.get(subscriber.revision) ?? eventFor(run, reader.window, subscriber.revision)
      events.set(subscriber.revision, event)
      subscriber.revision = event.revision
      subscriber.listener(event)
    }
  }

  const open = async (run: number): Promise<Reader> => {
    const subscribers: Reader['subscribers'] = new Set()
    // Listens before it reads: what changes in between is heard.
    let heard = false
    let ask = (): void => {
      heard = true
    }
    const unsubscribe = await ears.subscribe((message) => {
      if (message.topic === 'reconnected' || (message.topic === 'run' && message.id === run)) ask()
    })
    const first = await readRun(db, run, null).catch((error: unknown) => {
      unsubscribe()
      throw error
    })
    if (!first) {
      unsubscribe()
      throw new TenancyError('run.unknown', { run })
    }
    const window = new RunWindow(first.run, first.changed)
    const advance = async (): Promise<void> => {
      const before = window.run.revision
      const rateBefore = window.rate
      try {
        const next = await readRun(db, run, before)
        if (!next) return
        window.advance(next.run, next.changed)
      } catch (error) {
        library.logger.warn({ run, error }, 'run.events_unread')
        return
      }
      if (window.run.revision !== before || window.rate !== rateBefore) tell(run, reader)
    }
    const throttle = createThrottle(readIntervalMs, advance)
    const beat = setInterval(() => {
      if (!isFinalRun(window.run.state)) throttle.ask()
    }, heartbeatMs)
    const stop = (): void => {
      unsubscribe()
      clearInterval(beat)
      throttle.stop()
    }
    const reader: Reader = { subscribers, window, throttle, stop }
    ask = throttle.ask
    if (heard) throttle.ask()
    return reader
  }

  const leave = (run: number, reader: Reader, subscriber: Subscriber): void => {
    if (!reader.subscribers.delete(subscriber) || reader.subscribers.size > 0) return
    reader.stop()
    readers.delete(run)
  }

  return {
    async subscribe(run, afterRevision, listener) {
      const opening = readers.get(run) ?? open(run)
      readers.set(run, opening)
      let reader: Reader
      try {
        reader = await opening
      } catch (error) {
        if (readers.get(run) === opening) readers.delete(run)
        throw error
      }
      const subscriber: Subscriber = { revision: afterRevision, listener }
      reader.subscribers.add(subscriber)
      const event = eventFor(run, reader.window, afterRevision)
      subscriber.revision = event.revision
      listener(event)
      return () => leave(run, reader, subscriber)
    },
  }
}
