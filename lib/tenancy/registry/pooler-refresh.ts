/** Whether applications can come: looks through the poolers before databases that answer by themselves. */
import type { Library } from '../context.ts'
import { notify } from '../control/notify.ts'
import { isTenancyError } from '../errors.ts'
import { openUrl } from './databases.ts'
import { askPlace, requireSamePlace } from './pooled-address.ts'
import { atServer, ServerBusy } from './server-gate.ts'

type Known = {
  readonly id: number
  readonly server_id: number
  readonly name: string
  readonly url_sealed: Buffer
  readonly pooler_sealed: Buffer | null
  readonly pooler_problem: string | null
}

/** One that says nothing takes its time, and no budget is touched by it. */
const atOnce = 32
const turnMs = 15_000

/** @returns what stops applications; undefined: not known, since the server itself is busy or gone */
const problemOf = async (library: Library, { name, server_id, url_sealed }: Known, sealed: Buffer): Promise<string | null | undefined> => {
  const [pooled, direct] = [openUrl(library.secret, sealed), openUrl(library.secret, url_sealed)]
  try {
    const reached = await askPlace(pooled, 'pooler')
    const place = await atServer(library, server_id, () => askPlace(direct, 'direct'), turnMs).catch((error: unknown) => {
      if (error instanceof ServerBusy || isTenancyError(error)) return null
      throw error
    })
    if (place === null) return undefined
    // A server that was started in between is another place.
    requireSamePlace(pooled, direct, reached === place ? reached : await askPlace(pooled, 'pooler'), place)
    return null
  } catch (error) {
    if (!isTenancyError(error)) throw error
    library.logger.warn({ database: name, code: error.code }, 'database.pooler_unfit')
    return error.message
  }
}

/** @returns whether something is to be told */
const refreshOne = async (library: Library, known: Known): Promise<boolean> => {
  if (known.pooler_sealed === null) return false
  const problem = await problemOf(library, known, known.pooler_sealed)
  if (problem === undefined || problem === known.pooler_problem) return false
  // Another address may have taken its place meanwhile.
  const { numUpdatedRows } = await library.control.db
    .updateTable('database')
    .set({ pooler_problem: problem })
    .where('id', '=', known.id)
    .where('pooler_sealed', '=', known.pooler_sealed)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** A pooler that does not answer, or not for its database, is an outcome. Of one whose server is away nothing is said: that is told already. */
export const refreshPoolers = async (library: Library): Promise<void> => {
  const waiting = await library.control.db
    .selectFrom('database')
    .select(['id', 'server_id', 'name', 'url_sealed', 'pooler_sealed', 'pooler_problem'])
    .where('pooler_sealed', 'is not', null)
    .where('reachable', '=', true)
    .orderBy('name')
    .execute()
  let changed = false
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) if (await refreshOne(library, next)) changed = true
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, work))
  if (changed) await notify(library.control.db, { topic: 'databases' })
}
