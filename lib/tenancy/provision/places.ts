/** Where new tenants go, and who has those schemas already. */
import { sql } from 'kysely'
import type { ControlDb } from '../control/db.ts'
import type { SetRow } from '../runs/freeze.ts'

export type Place = { readonly id: number; readonly name: string; readonly serverId: number }
/** `fallback`: for tenants that name no database. */
export type Places = { readonly byName: ReadonlyMap<string, Place>; readonly fallback: Place | undefined }

/** @param rows all databases */
export const arrangePlaces = (rows: readonly Place[], set: SetRow): Places => {
  const only = rows.length === 1 ? rows[0] : undefined
  return { byName: new Map(rows.map((row) => [row.name, row])), fallback: rows.find(({ id }) => id === set.defaultDatabaseId) ?? only }
}

export const findPlaces = async (db: ControlDb, set: SetRow): Promise<Places> =>
  arrangePlaces(await db.selectFrom('database').select(['id', 'name', 'server_id as serverId']).orderBy('name').execute(), set)

type Wanted = { readonly slug: string; readonly databaseId: number; readonly schema: string }
export type TakenSchema = { readonly schema: string; readonly databaseId: number; readonly database: string; readonly slug: string }

/** Schemas that belong to another tenant, or to the same one in another set; `slug` is whose. */
export const takenSchemas = async (db: ControlDb, setId: number, wanted: readonly Wanted[]): Promise<readonly TakenSchema[]> => {
  const { rows } = await sql<TakenSchema>`
    select x.schema, d.id as "databaseId", d.name as database, n.slug
    from jsonb_to_recordset(${JSON.stringify(wanted.map(({ slug, databaseId, schema }) => ({ slug, databaseId, schema })))}::jsonb)
      as x(slug text, "databaseId" bigint, schema text)
    join target t on t.database_id = x."databaseId" and t.schema_name = x.schema
    join database d on d.id = t.database_id
    join placement p on p.target_id = t.id join tenant n on n.id = p.tenant_id
    where n.slug <> x.slug or p.set_id <> ${setId}`.execute(db)
  return rows
}

/** Schemas that are the tenant's own in this set already: what an earlier onboarding did there, another one takes up. */
export const ownSchemas = async (db: ControlDb, setId: number, wanted: readonly Wanted[]): Promise<ReadonlyArray<Pick<Wanted, 'databaseId' | 'schema'>>> => {
  const { rows } = await sql<Pick<Wanted, 'databaseId' | 'schema'>>`
    select x.schema, x."databaseId" from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) as x(slug text, "databaseId" bigint, schema text)
    join tenant n on n.slug = x.slug join placement p on p.tenant_id = n.id and p.set_id = ${setId}
    join target t on t.id = p.target_id and t.database_id = x."databaseId" and t.schema_name = x.schema`.execute(db)
  return rows
}

/** Each row that asks for what an earlier one asks for, with the earlier one. */
export const findTwice = <Row>(rows: readonly Row[], keysOf: (row: Row) => readonly string[]): ReadonlyArray<{ row: Row; earlier: Row; key: string }> => {
  const first = new Map<string, Row>()
  return rows.flatMap((row) =>
    [...new Set(keysOf(row))].flatMap((key) => {
      const earlier = first.get(key)
      if (earlier !== undefined) return [{ row, earlier, key }]
      first.set(key, row)
      return []
    }),
  )
}
