/** Histories are read for many items at once, which costs a fraction of asking one by one. */
import { readCatalog, readSummaries, type HistoryCatalog } from '../../migrations/history.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { remembered } from './execute.ts'
import type { Work } from './work.ts'
import type { WorkList } from './work-list.ts'

/** Names are cheap to look up together, and say little: of what has gone meanwhile the history cannot be read. */
const catalogAtOnce = 1_000

const catalogs = new WeakMap<Work, Promise<HistoryCatalog>>()

/** One look at the catalog for all that wait; what a run builds itself is looked for when its turn comes. */
const catalogOf = (list: WorkList, work: Work, connection: FleetConnection): Promise<HistoryCatalog> | undefined => {
  if (work.run.kind !== 'migrate') return undefined
  const known = catalogs.get(work)
  if (known) return known
  const all = [work, ...list.peekUnread(work, catalogAtOnce - 1)]
  const reading = readCatalog(
    connection,
    all.map(({ schema }) => schema),
  )
  for (const one of all) catalogs.set(one, reading)
  // Heard by whoever reads a history by it; those behind ask anew.
  reading.catch(() => {
    for (const one of all) catalogs.delete(one)
  })
  return reading
}

/** Reads the histories of this item and of those behind it in one query; each waits for its own. */
export const readAhead = (list: WorkList, work: Work, connection: FleetConnection, most: number): void => {
  // One that is tried again may be what holds a batch up.
  if (work.run.repair || work.run.question || work.summary !== undefined || work.tries > 0 || remembered(work) !== undefined) return
  const catalog = catalogOf(list, work, connection)
  // Those of one look; others have one of their own.
  const batch = [work, ...list.peekUnread(work, most - 1).filter((one) => catalogs.get(one) === catalogs.get(work))]
  const reading = Promise.resolve(catalog).then(async (known) => {
    // What was not there may have come since: it is looked for once more, by itself.
    const there = batch.map(({ schema }) => schema).filter((schema) => known === undefined || known.get(schema) === true)
    return readSummaries(connection, there, () => {}, known)
  })
  for (const one of batch) {
    const summary = reading.then((found) => found.get(one.schema))
    // Awaited by whoever takes the item; until then nobody hears a failure.
    summary.catch(() => {})
    one.summary = summary
    one.reader = connection
  }
}
