/**
 * The short way of an onboarding that is claimed at once: a few new tenants in one database, for all of whom ready schemas are there. What it finds in its way,
 * it leaves to the long one, which says what that is.
 */
import { sql } from 'kysely'
import type { Actor } from '../contract/permissions.ts'
import { defaultRoleName } from '../contract/slug.ts'
import { insertAudits } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import type { FrozenMigration } from '../control/schema.ts'
import { giving, readySchemas, type Taken } from '../pool/assign.ts'
import type { Given } from '../pool/claim.ts'
import { cutMigrations, holdSet, type SetRow } from '../runs/freeze.ts'
import { arrangePlaces, type Place, type Places } from './places.ts'

export type Basis = {
  readonly set: SetRow
  readonly migrations: readonly FrozenMigration[]
  readonly places: Places
  readonly hasReady: boolean
}

/** The set stays as it is until the transaction ends. @throws set.unknown, set.empty */
export const readBasis = async (trx: ControlDb, name: string): Promise<Basis> => {
  const set = await holdSet(trx, name)
  const { rows } = await sql<{ migrations: FrozenMigration[]; databases: Place[]; hasReady: boolean }>`
    select
      (select coalesce(jsonb_agg(jsonb_build_object('version', version, 'position', position, 'name', name, 'file', file, 'checksum', checksum,
        'transactional', transactional, 'prefixDigest', prefix_digest) order by position), '[]') from migration where set_id = ${set.id}) as migrations,
      (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'name', name, 'serverId', server_id) order by name), '[]') from database) as databases,
      exists (select from pool_schema where set_id = ${set.id} and state = 'ready') as "hasReady"`.execute(trx)
  const [row] = rows
  return {
    set,
    migrations: cutMigrations(row?.migrations ?? [], set, undefined),
    places: arrangePlaces(row?.databases ?? [], set),
    hasReady: row?.hasReady === true,
  }
}

/** A tenant and where it goes. */
export type PlacedTenant = {
  readonly slug: string
  readonly name: string
  readonly hosts: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly databaseId: number
  readonly schema: string
}
type Made = { readonly position: number; readonly tenantId: number; readonly targetId: number; readonly pool: number; readonly given: Given }
export type Reserved = Made & { readonly role: string }

/** @returns null: something was there already, or too little was ready; the transaction is to be given up */
export const reserveFew = async (
  trx: ControlDb,
  { set }: Basis,
  digest: string,
  rows: readonly PlacedTenant[],
  isolation: string,
): Promise<readonly Reserved[] | null> => {
  const [first] = rows
  if (!first) return null
  const roles = rows.map(({ slug }) => defaultRoleName(slug))
  const wanted = rows.map((row, index) => ({ ...row, position: index + 1, role: roles[index] }))
  const { rows: made } = await sql<Made>`
    with x as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
        as x(position integer, slug text, name text, hosts jsonb, labels jsonb, "databaseId" bigint, schema text, role text)),
    n as (
      insert into tenant (slug, name, hosts, labels)
      select slug, name, array(select jsonb_array_elements_text(hosts)), labels from x order by slug
      on conflict (slug) do nothing returning id, slug),
    t as (
      insert into target (set_id, database_id, schema_name, isolation)
      select ${set.id}::bigint, "databaseId", schema, ${isolation}::text from x order by "databaseId", schema
      on conflict (database_id, schema_name) do nothing returning id, database_id, schema_name),
    p as (
      insert into placement (tenant_id, set_id, target_id, isolation, role_name)
      select n.id, ${set.id}::bigint, t.id, ${isolation}::text, x.role
      from x join n on n.slug = x.slug join t on t.database_id = x."databaseId" and t.schema_name = x.schema),
    ready as (${readySchemas(set.id, digest, sql`${first.databaseId}::bigint`, sql`${rows.length}::bigint`)}),
    c as (select row_number() over (order by id) as position, id, given from ready)
    select x.position, n.id as "tenantId", t.id as "targetId", c.id as pool, c.given
    from x join n on n.slug = x.slug join t on t.database_id = x."databaseId" and t.schema_name = x.schema join c on c.position = x.position
    order by x.position`.execute(trx)
  return made.length === rows.length ? made.map((one, index) => ({ ...one, role: roles[index] ?? '' })) : null
}

/**
 * What is left to be written of a run that has its schemas, in one statement. Nobody is told of it yet: workers would only look for what they may not have, in the
 * way of the claim. Its end is told, or that it was given to conductors.
 */
export const giveFew = async (trx: ControlDb, actor: Actor, run: number, set: SetRow, slugs: readonly string[], taken: readonly Taken[]): Promise<void> => {
  const audit = insertAudits({ actor, action: 'tenants.onboard', subjectKind: 'tenant', subjects: slugs, details: { run, set: set.name } })
  await sql`
    with given as (${giving(run, taken)}) ${audit}`.execute(trx)
}
