/** What tests of the warm pool ask of a fleet. */
import { randomBytes } from 'node:crypto'
import type { PoolView } from '../../lib/tenancy/contract/index.ts'
import { ada, makeFleet, type Fleet, type FleetOptions } from './fleet.ts'
import type { Databases } from './template.ts'

/** Control databases of tests are copies of one; roles of pools belong to the server, and are told apart by the installation. */
export const makePoolFleet = async (databases: Databases, options: FleetOptions = {}): Promise<Fleet> => {
  const fleet = await makeFleet(databases, options)
  await fleet.control`update setting set value = to_jsonb(${randomBytes(4).toString('hex')}::text) where key = 'installation'`
  return fleet
}

export type PoolRow = { readonly schema: string; readonly state: string; readonly digest: string; readonly database: string }

export const poolRows = (fleet: Fleet): Promise<PoolRow[]> =>
  fleet.control<
    PoolRow[]
  >`select schema_name as schema, state, digest, d.name as database from pool_schema c join database d on d.id = c.database_id order by c.id`.then((rows) => [
    ...rows,
  ])

/** Schemas and roles of pools on the first database's server, with the installation's mark. */
export const poolNames = async (fleet: Fleet, index = 0): Promise<{ schemas: readonly string[]; roles: readonly string[] }> => {
  const [installation] = await fleet.control<Array<{ id: string }>>`select value #>> '{}' as id from setting where key = 'installation'`
  const like = `tenantry\\_pool\\_${installation?.id}\\_%`
  const sql = index === 0 ? fleet.sql : fleet.open(index)
  const schemas = await sql<Array<{ name: string }>>`select nspname as name from pg_namespace where nspname like ${like} order by 1`
  const roles = await sql<Array<{ name: string }>>`select rolname as name from pg_roles where rolname like ${like} order by 1`
  return { schemas: schemas.map(({ name }) => name), roles: roles.map(({ name }) => name) }
}

export const setSize = (fleet: Fleet, size: number, set = 'app', database = 'db1') => fleet.tenancy.sets.setPool(ada, { set, size, database })

export const poolOf = async (fleet: Fleet, set = 'app', database = 'db1'): Promise<PoolView | undefined> =>
  (await fleet.tenancy.sets.get(set)).pools.find((pool) => pool.database === database)

export const readyCount = async (fleet: Fleet, set = 'app', database = 'db1'): Promise<number> => (await poolOf(fleet, set, database))?.ready ?? 0

/** Waits until so many are ready. A worker must run. */
export const untilReady = (fleet: Fleet, count: number, set = 'app', database = 'db1'): Promise<void> =>
  fleet.until(`${count} ready schemas of ${set} in ${database}`, async () => (await readyCount(fleet, set, database)) === count)

/** Roles are the server's, which other files share. */
export const dropRoles = async (fleet: Fleet, prefix: string): Promise<void> => {
  for (const { name } of await fleet.sql<Array<{ name: string }>>`select rolname as name from pg_roles where starts_with(rolname, ${prefix})`)
    await fleet.sql.unsafe(`drop owned by "${name}"; drop role "${name}"`).catch(() => {})
}

/** No pool is left, nor anything that was of one. A worker must run. */
export const emptyPools = async (fleet: Fleet): Promise<void> => {
  await fleet.control`update pool set size = 0`
  await fleet.until(
    'the pools to be empty',
    async () => (await fleet.control`select 1 from pool_schema`).length === 0 && (await poolNames(fleet)).roles.length === 0,
  )
}

/** Of the fleet, and of the tenants whose slugs begin with the mark, nothing is left on the server. A worker must run. */
export const closePoolFleet = async (fleet: Fleet, mark: string): Promise<void> => {
  await emptyPools(fleet)
  await dropRoles(fleet, `tenant_${mark}`)
  await fleet.close()
}

/** A user with a database who may do what Tenantry asks for and no more. */
export const makeLimitedUser = async (databases: Databases, owner: Fleet, user: string): Promise<{ readonly url: string; drop(): Promise<void> }> => {
  const url = new URL(await databases.empty())
  const database = url.pathname.slice(1)
  await owner.sql.unsafe(`create role "${user}" login createrole password '${user}'; grant connect, create on database "${database}" to "${user}"`)
  url.username = user
  url.password = user
  return {
    url: url.href,
    drop: async () => {
      await owner.sql.unsafe(`revoke all on database "${database}" from "${user}"; drop role "${user}"`)
    },
  }
}
