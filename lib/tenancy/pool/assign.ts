/** Which ready schemas become whose: decided in the transaction that reserves the tenants. */
import { sql, type RawBuilder } from 'kysely'
import type { ControlDb } from '../control/db.ts'
import type { Given } from './claim.ts'

/** An item that a ready schema would do for. */
export type Wanting = { readonly position: number; readonly databaseId: number }
export type Taken = { readonly id: number; readonly position: number; readonly given: Given }

/** Of a seed, as a pool schema keeps it; a set without one has that of the empty text. */
export const seedOf = (column: string) => sql.raw(`encode(sha256(convert_to(coalesce(${column}, ''), 'UTF8')), 'hex')`)

/** The oldest ones, as many as there are, held until the transaction ends. Those that another onboarding holds are passed by. */
export const readySchemas = (setId: number, digest: string, databaseId: RawBuilder<unknown>, count: RawBuilder<unknown>) => sql`
      select p.id, p.database_id, jsonb_build_object('schema', p.schema_name, 'functions', p.functions, 'extensions', p.extensions) as given
      from pool_schema p join migration_set s on s.id = p.set_id
      where p.set_id = ${setId} and p.database_id = ${databaseId} and p.state = 'ready' and p.digest = ${digest} and p.seed = ${seedOf('s.seed_sql')}
      order by p.id limit ${count} for update of p skip locked`

/**
 * Takes as many ready schemas as there are.
 * @param digest that the tenants' histories are to have
 */
export const takeReady = async (trx: ControlDb, setId: number, digest: string, wanting: readonly Wanting[]): Promise<readonly Taken[]> => {
  if (wanting.length === 0) return []
  const byDatabase = Map.groupBy(wanting, ({ databaseId }) => databaseId)
  const counts = [...byDatabase].map(([databaseId, items]) => ({ databaseId, count: items.length }))
  const { rows } = await sql<{ id: number; databaseId: number; given: Given }>`
    select p.id, p.database_id as "databaseId", p.given
    from jsonb_to_recordset(${JSON.stringify(counts)}::jsonb) as w("databaseId" bigint, count bigint)
    cross join lateral (${readySchemas(setId, digest, sql`w."databaseId"`, sql`w.count`)}) p`.execute(trx)
  return [...Map.groupBy(rows, (row) => row.databaseId)].flatMap(([databaseId, ready]) =>
    (byDatabase.get(databaseId) ?? []).flatMap(({ position }, index) => {
      const one = ready[index]
      return one ? [{ id: one.id, position, given: one.given }] : []
    }),
  )
}

export const giving = (run: number, taken: readonly Taken[]) => sql`
    update pool_schema p set state = 'claimed', claimed_run = ${run}::bigint, claimed_position = x.position
    from jsonb_to_recordset(${JSON.stringify(taken.map(({ id, position }) => ({ id, position })))}::jsonb) as x(id bigint, position integer) where p.id = x.id`

/** From now on they are for these items of the run, which a conductor reads with them. */
export const giveTo = async (trx: ControlDb, run: number, taken: readonly Taken[]): Promise<void> => {
  if (taken.length > 0) await giving(run, taken).execute(trx)
}
