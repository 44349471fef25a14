/** Which ready schemas become whose: decided in the transaction that reserves the tenants. */
import { sql } from 'kysely'
import type { ControlDb } from '../control/db.ts'
import type { Given } from './claim.ts'

/** An item that a ready schema would do for. */
export type Wanting = { readonly position: number; readonly databaseId: number }
export type Taken = { readonly id: number; readonly position: number; readonly given: Given }

/** Of a seed, as a pool schema keeps it; a set without one has that of the empty text. */
export const seedOf = (column: string) => sql.raw(`encode(sha256(convert_to(coalesce(${column}, ''), 'UTF8')), 'hex')`)

/**
 * Takes as many ready schemas as there are, the oldest first, and holds them until the transaction ends. Those that another onboarding holds are passed by.
 * @param digest that the tenants' histories are to have
 */
export const takeReady = async (trx: ControlDb, setId: number, digest: string, wanting: readonly Wanting[]): Promise<readonly Taken[]> => {
  if (wanting.length === 0) return []
  const byDatabase = Map.groupBy(wanting, ({ databaseId }) => databaseId)
  const counts = [...byDatabase].map(([databaseId, items]) => ({ databaseId, count: items.length }))
  const { rows } = await sql<{ id: number; databaseId: number; given: Given }>`
    select p.id, p.database_id as "databaseId", jsonb_build_object('schema', p.schema_name, 'functions', p.functions, 'extensions', p.extensions) as given
    from jsonb_to_recordset(${JSON.stringify(counts)}::jsonb) as w("databaseId" bigint, count bigint)
    cross join lateral (
      select p.* from pool_schema p join migration_set s on s.id = p.set_id
      where p.set_id = ${setId} and p.database_id = w."databaseId" and p.state = 'ready' and p.digest = ${digest} and p.seed = ${seedOf('s.seed_sql')}
      order by p.id limit w.count for update of p skip locked) p`.execute(trx)
  return [...Map.groupBy(rows, (row) => row.databaseId)].flatMap(([databaseId, ready]) =>
    (byDatabase.get(databaseId) ?? []).flatMap(({ position }, index) => {
      const one = ready[index]
      return one ? [{ id: one.id, position, given: one.given }] : []
    }),
  )
}

/** From now on they are for these items of the run, which a conductor reads with them. */
export const giveTo = async (trx: ControlDb, run: number, taken: readonly Taken[]): Promise<void> => {
  if (taken.length === 0) return
  await sql`
    update pool_schema p set state = 'claimed', claimed_run = ${run}::bigint, claimed_position = x.position
    from jsonb_to_recordset(${JSON.stringify(taken.map(({ id, position }) => ({ id, position })))}::jsonb) as x(id bigint, position integer) where p.id = x.id`.execute(
    trx,
  )
}
