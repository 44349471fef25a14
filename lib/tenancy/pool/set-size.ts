import type { z } from 'zod'
import type { setPoolInput } from '../contract/commands.ts'
import type { Actor } from '../contract/permissions.ts'
import type { PoolView } from '../contract/pool.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import { notify } from '../control/notify.ts'
import { TenancyError } from '../errors.ts'
import { findPlaces } from '../provision/places.ts'
import { findSet } from '../runs/freeze.ts'
import { readPools, viewOf } from './read.ts'

/**
 * How many ready schemas a set is to have in a database; workers fill and empty it in the background.
 * @throws set.unknown, set.no_database, database.unknown
 */
export const setPool = async (library: Library, actor: Actor, input: z.output<typeof setPoolInput>): Promise<PoolView> => {
  const { db } = library.control
  const database = await db.transaction().execute(async (trx) => {
    const set = await findSet(trx, input.set)
    const { byName, fallback } = await findPlaces(trx, set)
    const place = input.database === undefined ? fallback : byName.get(input.database)
    if (!place)
      throw input.database === undefined
        ? new TenancyError('set.no_database', { set: set.name })
        : new TenancyError('database.unknown', { database: input.database })
    // What it could not be filled for is tried again: somebody may have mended it.
    const asked = { size: input.size, problem: null, problem_of: null, retry_at: null }
    await trx
      .insertInto('pool')
      .values({ set_id: set.id, database_id: place.id, ...asked })
      .onConflict((conflict) => conflict.columns(['set_id', 'database_id']).doUpdateSet(asked))
      .execute()
    await appendAudit(trx, { actor, action: 'sets.pool', subjectKind: 'set', subject: set.name, details: { database: place.name, size: input.size } })
    await notify(trx, { topic: 'sets' })
    return place.name
  })
  const found = (await readPools(db, input.set)).find((pool) => pool.database === database)
  // A worker may have taken an empty pool away already.
  return found ? viewOf(found) : { database, size: input.size, ready: 0, building: 0, problem: null, retryAt: null, waitsFor: null }
}
