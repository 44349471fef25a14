/** Servers are made ready for a run while it is still being written: to connect takes as long as to reserve its targets. */
import type { ControlDb } from '../control/db.ts'
import { notify, type Announced } from '../control/notify.ts'

/** A message has 8,000 bytes. */
const mostServers = 32
const mostDatabases = 8
/** Of a database; a server's budget may be less. */
const mostConnections = 16

type Place = { readonly serverId: number; readonly databaseId: number }

/** @returns for each server its databases with as many connections as their items could use at once */
export const placesOf = (items: readonly Place[], maxConcurrent: number | null): Announced[] =>
  [...Map.groupBy(items, ({ serverId }) => serverId)].slice(0, mostServers).map(([id, ofServer]) => ({
    id,
    databases: [...Map.groupBy(ofServer, ({ databaseId }) => databaseId)]
      .slice(0, mostDatabases)
      .map(([databaseId, { length }]): [number, number] => [databaseId, Math.min(length, maxConcurrent ?? length, mostConnections)]),
  }))

/** Nothing depends on it: who does not hear it hears of the run itself, and who was made ready for nothing goes again. */
export const announceRun = async (db: ControlDb, items: readonly Place[], maxConcurrent: number | null): Promise<void> => {
  const servers = placesOf(items, maxConcurrent)
  if (servers.length > 0) await notify(db, { topic: 'soon', servers }).catch(() => {})
}
