import { readSummaries } from '../../migrations/history.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { remembered } from './execute.ts'
import type { Work } from './work.ts'
import type { WorkList } from './work-list.ts'

/** Reads the histories of this item and of those behind it in one query; each waits for its own. */
export const readAhead = (list: WorkList, work: Work, connection: FleetConnection, most: number): void => {
  // One that is tried again may be what holds a batch up.
  if (work.run.repair || work.run.question || work.summary !== undefined || work.tries > 0 || remembered(work) !== undefined) return
  const batch = [work, ...list.peekUnread(work, most - 1)]
  const reading = readSummaries(
    connection,
    batch.map(({ schema }) => schema),
    () => {},
  )
  for (const one of batch) {
    const summary = reading.then((found) => found.get(one.schema))
    // Awaited by whoever takes the item; until then nobody hears a failure.
    summary.catch(() => {})
    one.summary = summary
    one.reader = connection
  }
}
