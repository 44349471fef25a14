/** Takes away what a pool is not to hold: what is outdated, too much, half made by a process that is gone, given to nobody in the end, or owned by no row. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { PoolState } from '../contract/states.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import type { FleetConnection } from '../session/fleet-connection.ts'
import { quoteLiteral } from '../sql/ident.ts'
import { pools } from './due.ts'
import { poolPrefix } from './names.ts'
import { dropReady, inTurn, workName, type PoolPlace } from './place.ts'

type Owned = { readonly id: number; readonly schema: string; readonly state: PoolState; readonly databaseId: number; readonly isPast: boolean }
type There = { readonly schemas: ReadonlySet<string>; readonly roles: ReadonlySet<string> }

const listThere = async (connection: FleetConnection, prefix: string): Promise<There> => {
  const named = (table: string, column: string): string =>
    `SELECT ${column} AS name FROM ${table} WHERE ${column} >= ${quoteLiteral(prefix)} AND starts_with(${column}, ${quoteLiteral(prefix)})`
  const schemas = await connection.query<{ name: string }>(named('pg_namespace', 'nspname'))
  const roles = await connection.query<{ name: string }>(named('pg_roles', 'rolname'))
  return { schemas: new Set(schemas.map(({ name }) => name)), roles: new Set(roles.map(({ name }) => name)) }
}

/** Of all databases of the server, since roles are the server's. */
const readOwned = async (db: ControlDb, serverId: number): Promise<readonly Owned[]> => {
  const { rows } = await sql<Owned>`
    select c.id, c.schema_name as schema, c.state, c.database_id as "databaseId", coalesce(r.state in ('succeeded', 'failed', 'cancelled'), false) as "isPast"
    from pool_schema c join database d on d.id = c.database_id left join run r on r.id = c.claimed_run where d.server_id = ${serverId}`.execute(db)
  return rows
}

/** Nobody is given them any more from here on. */
const dismiss = async (db: ControlDb, databaseId: number): Promise<void> => {
  await sql`
    with p as (${pools}),
    rest as (
      select c.id, c.digest is distinct from p.head or c.seed <> p.seed as outdated, p.size,
        row_number() over (partition by p.set_id, c.digest is not distinct from p.head and c.seed = p.seed order by c.id) as place
      from p join pool_schema c on c.set_id = p.set_id and c.database_id = p.database_id
      where p.database_id = ${databaseId} and c.state = 'ready')
    update pool_schema c set state = 'leaving' from rest where c.id = rest.id and c.state = 'ready' and (rest.outdated or rest.place > rest.size)`.execute(db)
}

const endWithinMs = 10_000

/** Whoever was making it may be at it still, though the process that asked for it is gone. */
const endMaker = async (connection: FleetConnection, place: PoolPlace, schema: string): Promise<void> => {
  const backends = `FROM pg_stat_activity WHERE application_name = ${quoteLiteral(workName(place, schema))} AND pid <> pg_backend_pid()`
  for (const end = Date.now() + endWithinMs; ; await sleep(50)) {
    const ended = await connection.query(`SELECT pg_terminate_backend(pid) ${backends}`)
    if (ended.length === 0) return
    if (Date.now() > end) throw Object.assign(new Error(`whoever makes ${schema} does not end`), { code: 'CONNECT_TIMEOUT' })
  }
}

/** @throws what passes, after which it is tried again */
export const dropSchema = async (library: Library, connection: FleetConnection, schema: string): Promise<void> => {
  if (!(await dropReady(connection, schema))) library.logger.warn({ role: schema }, 'pool.role_kept')
}

const goesAway = ({ schema, state, isPast }: Owned, { schemas, roles }: There): boolean =>
  state === 'building' || state === 'leaving' || (state === 'claimed' && isPast) || (state === 'ready' && !(schemas.has(schema) && roles.has(schema)))

/**
 * Nobody is given it, nor calls it ready, from here on.
 * @returns the row as it is now; null: it is another's by now
 */
const letGo = async (db: ControlDb, row: Owned): Promise<Owned | null> => {
  if (row.state === 'claimed') return row
  const left = await db.updateTable('pool_schema').set({ state: 'leaving' }).where('id', '=', row.id).where('state', '=', row.state).executeTakeFirst()
  return left.numUpdatedRows > 0n ? { ...row, state: 'leaving' } : null
}

const forget = (db: ControlDb, { id, state }: Owned) => db.deleteFrom('pool_schema').where('id', '=', id).where('state', '=', state).execute()

/**
 * One schema a turn.
 * @throws what keeps the server from being reached; the next sweep goes on where this one ended
 */
export const sweepDatabase = async (library: Library, place: PoolPlace, signal: AbortSignal): Promise<void> => {
  const { db } = library.control
  await db
    .updateTable('database')
    .set({ pool_swept_at: sql<Date>`now()` })
    .where('id', '=', place.databaseId)
    .execute()
  await dismiss(db, place.databaseId)
  // Looked at before the rows are read: what is there now had its row by then, unless nobody owns it.
  const there = await inTurn(library, place, async (connect) => listThere(await connect(), poolPrefix(place.installation)))
  const owned = await readOwned(db, place.serverId)
  for (const row of owned) {
    if (signal.aborted) return
    if (row.databaseId !== place.databaseId || !goesAway(row, there)) continue
    const leaving = await letGo(db, row)
    if (!leaving) continue
    if (row.state === 'building' || there.schemas.has(row.schema) || there.roles.has(row.schema))
      await inTurn(library, place, async (connect) => {
        const connection = await connect()
        if (row.state === 'building') await endMaker(connection, place, row.schema)
        await dropSchema(library, connection, row.schema)
      })
    await forget(db, leaving)
  }
  const known = new Set(owned.map(({ schema }) => schema))
  for (const schema of new Set([...there.schemas, ...there.roles]))
    if (!known.has(schema) && !signal.aborted) {
      library.logger.warn({ database: place.name, schema }, 'pool.orphan')
      await inTurn(library, place, async (connect) => dropSchema(library, await connect(), schema))
    }
  await sql`delete from pool p where p.database_id = ${place.databaseId} and p.size = 0 and not exists (select from pool_schema c where c.set_id = p.set_id and c.database_id = p.database_id)`.execute(
    db,
  )
}
