/**
 * The demo: 200 tenants of a small time-tracking product, in two databases of the embedded server, made through the library like anybody's own.
 * Four of them hold invoices that the newest migration refuses, and one is read by a long report when the first rollout comes.
 */
import { systemActor } from '../tenancy/contract/index.ts'
import type { Tenancy } from '../tenancy/contract/index.ts'
import { demoDatabases, demoSet, demoSetDir, demoTenants, newestVersion } from './fleet.ts'
import type { DemoTenant } from './fleet.ts'
import { holdLock } from './lock-holder.ts'
import type { LockHolder } from './lock-holder.ts'
import { onboardMissing } from './onboard.ts'
import { saveDemoReports } from './reports.ts'
import { fillTenant, findFilled } from './rows.ts'
import { readDemo, urlBeside, withSql, writeDemo } from './setting.ts'
import type { Demo } from './setting.ts'

export type DemoOptions = {
  readonly tenancy: Tenancy
  /** Connection string of the control database; the demo's databases are made beside it. */
  readonly controlUrl: string
  /** Told in a few words what takes time. */
  readonly phase: <T>(name: string, work: () => Promise<T>) => Promise<T>
}

const databases = Object.values(demoDatabases)

const makeDatabases = (controlUrl: string): Promise<void> =>
  withSql(controlUrl, async (sql) => {
    const there = await sql<Array<{ datname: string }>>`select datname from pg_database`
    const names = new Set(there.map(({ datname }) => datname))
    for (const { dbname } of databases) if (!names.has(dbname)) await sql`create database ${sql(dbname)}`
  })

/** Adds the databases, or says where they are now: the embedded server takes another port when its own is in use. */
const registerDatabases = async ({ tenancy, controlUrl }: DemoOptions): Promise<void> => {
  const port = Number(new URL(controlUrl).port)
  const known = new Map((await tenancy.databases.list()).map((row) => [row.name, row]))
  for (const { name, dbname } of databases) {
    const url = urlBeside(controlUrl, dbname)
    const row = known.get(name)
    if (!row) await tenancy.databases.add(systemActor, { name, url })
    else if (row.port !== port && row.dbname === dbname) await tenancy.databases.changeUrl(systemActor, { name, url })
  }
}

const connectionsEach = 4

const fillDatabase = (url: string, tenants: readonly DemoTenant[]): Promise<void> =>
  withSql(
    url,
    async (sql) => {
      const filled = await findFilled(sql, tenants)
      await Promise.all(tenants.filter(({ schema }) => !filled.has(schema)).map((tenant) => fillTenant(sql, tenant)))
      await sql`analyze`
    },
    connectionsEach,
  )

const placeOf = ({ slug, dbname, schema }: DemoTenant) => ({ slug, dbname, schema })

const describeDemo = (): Demo => {
  const held = demoTenants.find(({ isHeld }) => isHeld)
  if (!held) throw new Error('The demo fleet has no held tenant.')
  return { set: demoSet, newestVersion, broken: demoTenants.filter(({ isBroken }) => isBroken).map(placeOf), held: placeOf(held) }
}

const makeFleet = async (options: DemoOptions): Promise<void> => {
  const { tenancy, controlUrl } = options
  await makeDatabases(controlUrl)
  await registerDatabases(options)
  await tenancy.sets.sync(systemActor, { name: demoSet, dir: demoSetDir, database: demoDatabases.eu.name })
  await onboardMissing(tenancy)
  for (const { dbname } of databases)
    await fillDatabase(
      urlBeside(controlUrl, dbname),
      demoTenants.filter((tenant) => tenant.dbname === dbname),
    )
  await tenancy.observation.now({})
  await saveDemoReports(tenancy)
  await writeDemo(controlUrl, describeDemo())
}

/**
 * Makes the demo fleet, or finishes one whose making was interrupted; later starts find it and do nothing, except that the held table is held again
 * while its tenant has not got the newest migration. Returns that lock, for the process's end. Throws when a part of the fleet cannot be made.
 */
export const prepareDemo = async (options: DemoOptions): Promise<LockHolder> => {
  const made = await readDemo(options.controlUrl)
  if (made) await registerDatabases(options)
  else await options.phase('Demo fleet of 200 tenants', () => makeFleet(options))
  const demo = made ?? describeDemo()
  return holdLock(urlBeside(options.controlUrl, demo.held.dbname), demo.held.schema, demo.newestVersion)
}
