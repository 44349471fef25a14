import { sql } from 'kysely'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import type { Library } from '../../../lib/tenancy/context.ts'
import { budgetPrefix, readInstallation } from '../../../lib/tenancy/control/installation.ts'
import { unseal } from '../../../lib/tenancy/control/seal.ts'
import { observeDatabase } from '../../../lib/tenancy/observation/observe.ts'
import { listDatabases } from '../../../lib/tenancy/registry/database-list.ts'
import { runItemsInput } from '../../../lib/tenancy/contract/commands.ts'
import { listRunItems } from '../../../lib/tenancy/runs/reads.ts'
import { refreshDatabases } from '../../../lib/tenancy/registry/database-refresh.ts'
import { addDatabase, checkDatabase, openUrl, removeDatabase, setBudget } from '../../../lib/tenancy/registry/databases.ts'
import { probeDatabase } from '../../../lib/tenancy/registry/probe.ts'
import { connectFleet } from '../../../lib/tenancy/session/fleet-connection.ts'
import { parseDatabaseUrl } from '../../../lib/tenancy/sql/database-url.ts'
import { testSecret, useDatabases } from '../../support/template.ts'
import { ada, openLibrary, refusalOf } from './fleet.ts'

const databases = useDatabases()
const lookAtDatabase = ({ url }: { readonly url: string }) => probeDatabase(parseDatabaseUrl(url), { installation: 'test', thorough: true })
let fleetUrl: string

beforeAll(async () => {
  fleetUrl = await databases.empty()
})

const urlWith = (change: (url: URL) => void): string => {
  const url = new URL(fleetUrl)
  change(url)
  return url.href
}

describe('checking a database', () => {
  it('reads the server’s facts and proposes a budget', async () => {
    const facts = await lookAtDatabase({ url: fleetUrl })
    expect(facts).toMatchObject({ host: '127.0.0.1', user: 'postgres', dbname: new URL(fleetUrl).pathname.slice(1), warnings: [] })
    expect(facts.versionNum).toBeGreaterThanOrEqual(130_000)
    expect(facts.version).toMatch(/^\d+\.\d+$/)
    expect(facts.systemIdentifier).toMatch(/^\d{15,20}$/)
    expect(facts.maxConnections).toBeGreaterThan(facts.connectionsUsed)
    expect(facts.proposedBudget).toBeGreaterThanOrEqual(1)
    expect(facts.proposedBudget).toBeLessThanOrEqual(20)
    expect(facts.bytes).toBeGreaterThan(1_000_000)
    expect(facts.schemas).toBe(1)
  })

  it('goes without TLS where it is preferred and the server has none', async () => {
    expect(await lookAtDatabase({ url: urlWith((url) => url.searchParams.set('sslmode', 'prefer')) })).toMatchObject({ host: '127.0.0.1' })
    expect(await refusalOf(lookAtDatabase({ url: urlWith((url) => url.searchParams.set('sslmode', 'require')) }))).toMatchObject({ code: 'database.no_tls' })
  })

  it('names a database that is not there', async () => {
    expect(await refusalOf(lookAtDatabase({ url: urlWith((url) => (url.pathname = '/not%20there')) }))).toMatchObject({
      code: 'database.missing',
      details: { dbname: 'not there' },
    })
  })
})

describe('known databases', () => {
  let library: Library
  beforeEach(async () => {
    library = await openLibrary(databases)
    return () => library.control.close()
  })

  it('are kept sealed, with an audit row that names no password', async () => {
    const row = await addDatabase(library, ada, { name: 'app', url: fleetUrl })
    expect(row).toMatchObject({ name: 'app', host: '127.0.0.1', reachable: true, problem: null, tenants: 0, conductor: null })
    const stored = await library.control.db.selectFrom('database').select(['url_sealed', 'username']).executeTakeFirstOrThrow()
    expect(openUrl(testSecret, stored.url_sealed).dbname).toBe(row.dbname)
    expect(unseal(testSecret, stored.url_sealed)).toContain(row.dbname)
    const { rows } = await sql<{ everything: string }>`
      select (select json_agg(d)::text from (select name, host, dbname, username, problem, encode(url_sealed, 'escape') from database) d) || (select json_agg(a)::text from audit a) as everything`.execute(
      library.control.db,
    )
    const { password } = new URL(fleetUrl)
    expect(password).not.toBe('')
    expect(rows[0]?.everything).not.toContain(password)
    const audit = await library.control.db.selectFrom('audit').select(['action', 'subject', 'actor_label', 'details']).execute()
    expect(audit).toMatchObject([{ action: 'databases.add', subject: 'app', actor_label: 'ada@example.com', details: { user: 'postgres' } }])
  })

  it('leave a row in the trail for every address that was tried, fit or not', async () => {
    const gone = urlWith((url) => (url.pathname = '/gone'))
    await checkDatabase(library, ada, { url: fleetUrl })
    expect(await refusalOf(checkDatabase(library, ada, { url: gone }))).toMatchObject({ code: 'database.missing' })
    const rows = await library.control.db.selectFrom('audit').select(['action', 'subject', 'details']).orderBy('id').execute()
    expect(rows).toMatchObject([
      { action: 'databases.check', details: { user: 'postgres', outcome: 'fit' } },
      { action: 'databases.check', details: { user: 'postgres', outcome: 'database.missing' } },
    ])
    expect(rows[1]?.subject).toMatch(/^127\.0\.0\.1:\d+\/gone$/)
  })

  it('of one server show one count of its connections, from the newest look', async () => {
    await addDatabase(library, ada, { name: 'app', url: fleetUrl })
    await addDatabase(library, ada, { name: 'analytics', url: await databases.empty() })
    const { db } = library.control
    const look = (name: string, used: number, at: number) =>
      db
        .updateTable('database')
        .set({ connections_used: used, connections_ours: used / 10, connections_at: new Date(at), checked_at: new Date(at) })
        .where('name', '=', name)
        .execute()
    const shown = async () =>
      (await listDatabases(library)).map(({ connectionsUsed, connectionsOurs, connectionsAt }) => [
        connectionsUsed,
        connectionsOurs,
        Date.parse(connectionsAt ?? ''),
      ])
    await look('app', 30, 1_000)
    await look('analytics', 20, 2_000)
    expect(await shown()).toEqual([
      [20, 2, 2_000],
      [20, 2, 2_000],
    ])
    // A look that failed counted nobody: what was counted before is as old as it was.
    await db
      .updateTable('database')
      .set({ reachable: false, checked_at: new Date(9_000) })
      .where('name', '=', 'analytics')
      .execute()
    expect(await shown()).toEqual([
      [20, 2, 2_000],
      [20, 2, 2_000],
    ])
    await look('app', 40, 3_000)
    expect(await shown()).toEqual([
      [40, 4, 3_000],
      [40, 4, 3_000],
    ])
    for (const name of ['app', 'analytics']) await removeDatabase(library, ada, { name })
  })

  it('of one server share its budget', async () => {
    const other = await databases.empty()
    await addDatabase(library, ada, { name: 'app', url: fleetUrl, budget: 6 })
    await addDatabase(library, ada, { name: 'analytics', url: other })
    expect((await listDatabases(library)).map(({ name, budget }) => [name, budget])).toEqual([
      ['analytics', 6],
      ['app', 6],
    ])
    await setBudget(library, ada, { name: 'analytics', budget: 11 })
    expect((await listDatabases(library)).map(({ budget }) => budget)).toEqual([11, 11])
    const { rows } = await sql<{ servers: number }>`select count(*)::int as servers from server`.execute(library.control.db)
    expect(rows[0]?.servers).toBe(1)
    expect(await refusalOf(setBudget(library, ada, { name: 'nope', budget: 1 }))).toMatchObject({ code: 'database.unknown' })
    await sql`update server set max_connections = 20, reserved_connections = 3`.execute(library.control.db)
    expect(await refusalOf(setBudget(library, ada, { name: 'app', budget: 17 }))).toMatchObject({
      code: 'database.budget',
      details: { budget: 17, max: 20, reserved: 3 },
    })
    await setBudget(library, ada, { name: 'app', budget: 16 })
    expect((await listDatabases(library)).map(({ budget }) => budget)).toEqual([16, 16])
  })

  it('are neither added twice nor under a name that is taken, also at once', async () => {
    await addDatabase(library, ada, { name: 'app', url: fleetUrl })
    const byAddress = urlWith((url) => (url.hostname = 'localhost'))
    expect(await refusalOf(addDatabase(library, ada, { name: 'again', url: byAddress }))).toMatchObject({ code: 'database.same', details: { database: 'app' } })
    const other = await databases.empty()
    expect(await refusalOf(addDatabase(library, ada, { name: 'app', url: other }))).toMatchObject({ code: 'database.exists' })
    const both = await Promise.all([1, 2].map(() => refusalOf(addDatabase(library, ada, { name: 'other', url: other }))))
    expect(both.map(({ code }) => code).toSorted()).toEqual(['database.exists', 'none'])
    expect(await listDatabases(library)).toHaveLength(2)
  })

  it('that fail their check are not kept', async () => {
    const gone = urlWith((url) => (url.pathname = '/gone'))
    expect(await refusalOf(addDatabase(library, ada, { name: 'app', url: gone }))).toMatchObject({ code: 'database.missing' })
    expect(await listDatabases(library)).toEqual([])
  })

  it('are removed only when no tenant is left, and are then nobody’s default', async () => {
    await addDatabase(library, ada, { name: 'app', url: fleetUrl })
    const { db } = library.control
    await sql`insert into migration_set (name, default_database_id) select 'app', id from database`.execute(db)
    await sql`insert into target (set_id, database_id, schema_name, isolation) select s.id, d.id, 'tenant_x', 'schema' from migration_set s, database d`.execute(
      db,
    )
    await sql`insert into tenant (slug, name) values ('x', 'X')`.execute(db)
    await sql`insert into placement (tenant_id, set_id, target_id, isolation) select n.id, t.set_id, t.id, 'schema' from tenant n, target t`.execute(db)
    expect(await refusalOf(removeDatabase(library, ada, { name: 'app' }))).toMatchObject({ code: 'database.in_use', details: { count: 1 } })
    await sql`delete from placement`.execute(db)
    await removeDatabase(library, ada, { name: 'app' })
    expect(await listDatabases(library)).toEqual([])
    const set = await db.selectFrom('migration_set').select('default_database_id').executeTakeFirstOrThrow()
    expect(set.default_database_id).toBeNull()
    expect(await db.selectFrom('server').selectAll().execute()).toEqual([])
    expect(await refusalOf(removeDatabase(library, ada, { name: 'app' }))).toMatchObject({ code: 'database.unknown' })
  })

  it('are removed with what a failed onboarding left, and its run still tells of it', async () => {
    await addDatabase(library, ada, { name: 'app', url: fleetUrl })
    const { db } = library.control
    await sql`insert into migration_set (name) values ('app')`.execute(db)
    await sql`insert into target (set_id, database_id, schema_name, isolation) select s.id, d.id, 'tenant_x', 'schema' from migration_set s, database d`.execute(
      db,
    )
    await sql`insert into tenant (slug, name) values ('x', 'X')`.execute(db)
    await sql`insert into run (kind, set_id, migrations, digest, started_by, state) select 'onboard', id, '[]', '', 'ada', 'paused' from migration_set`.execute(
      db,
    )
    await sql`insert into run_item (run_id, position, target_id, tenant_id, server_id, state)
      select r.id, 1, t.id, n.id, s.id, 'failed' from run r, target t, tenant n, server s`.execute(db)
    // A retry would work on the target again.
    expect(await refusalOf(removeDatabase(library, ada, { name: 'app' }))).toMatchObject({ code: 'run.targets_busy', details: { state: 'paused' } })
    await sql`update run set state = 'failed'`.execute(db)
    await removeDatabase(library, ada, { name: 'app' })
    expect(await listDatabases(library)).toEqual([])
    const { id } = await db.selectFrom('run').select('id').executeTakeFirstOrThrow()
    expect(await listRunItems(library, runItemsInput.parse({ run: id }))).toMatchObject({
      total: 1,
      rows: [{ slug: 'x', database: 'app', schema: 'tenant_x' }],
    })
  })

  it('are looked at again: who is connected, and whether they answer at all', async () => {
    const url = await databases.empty()
    // Other files' control databases are copies of the same one, and their connections would count.
    await sql`update setting set value = '"lonely"' where key = 'installation'`.execute(library.control.db)
    await addDatabase(library, ada, { name: 'app', url })
    const admin = postgres(inject('serverUrl'), { max: 1, onnotice: () => {} })
    const dbname = new URL(url).pathname.slice(1)
    try {
      await admin`alter database ${admin(dbname)} rename to ${admin(`${dbname}_away`)}`
      expect(await refreshDatabases(library)).toEqual(['app'])
      const [away] = await listDatabases(library)
      expect(away).toMatchObject({ reachable: false })
      expect(away?.problem).toContain('has no database')
      await admin`alter database ${admin(`${dbname}_away`)} rename to ${admin(dbname)}`
      expect(await refreshDatabases(library, ['app'])).toEqual([])
      const [back] = await listDatabases(library)
      expect(back).toMatchObject({ reachable: true, problem: null })
      expect(back?.connectionsUsed).toBeGreaterThan(0)
      // The control database is on this server too, and its connections are none that the budget counts.
      expect(back?.connectionsOurs).toBe(0)
      const fence = await connectFleet(url, { applicationName: `${budgetPrefix(await readInstallation(library.control.db))}c1 fence` })
      const other = await connectFleet(url, { applicationName: `${budgetPrefix('another')}c1` })
      await refreshDatabases(library, ['app'])
      expect((await listDatabases(library))[0]?.connectionsOurs).toBe(1)
      const { rows } = await sql<{ id: number }>`select id from database where name = 'app'`.execute(library.control.db)
      expect(await observeDatabase(library, rows[0]?.id ?? 0, null)).toMatchObject({ reachable: true })
      expect((await listDatabases(library))[0]?.connectionsOurs).toBe(1)
      await Promise.all([fence.close(), other.close()])
      expect(await refreshDatabases(library, [])).toEqual([])
    } finally {
      await admin.end()
    }
  })

  it('stored with another secret are said to be unreadable, not forgotten', async () => {
    await addDatabase(library, ada, { name: 'app', url: fleetUrl })
    const other = { ...library, secret: 'another secret, which is long enough too' }
    expect(await refreshDatabases(other)).toEqual(['app'])
    expect((await listDatabases(other))[0]?.problem).toContain('TENANTRY_SECRET')
  })
})

describe('a user with fewer rights', () => {
  const admin = postgres(inject('serverUrl'), { max: 1, onnotice: () => {} })
  const role = `limited_${Math.trunc(Math.random() * 1e9)}`
  const limitedUrl = (): string =>
    urlWith((url) => {
      url.username = role
      url.password = 'pass'
    })
  const dbname = (): string => new URL(fleetUrl).pathname.slice(1)
  beforeAll(async () => {
    await admin`create role ${admin(role)} login password 'pass'`
  })
  afterAll(async () => {
    await admin`revoke all on database ${admin(new URL(fleetUrl).pathname.slice(1))} from ${admin(role)}`
    await admin`drop role ${admin(role)}`
    await admin.end()
  })

  it('that may not create schemas is refused with the remedy', async () => {
    const refusal = await refusalOf(lookAtDatabase({ url: limitedUrl() }))
    expect(refusal).toMatchObject({ code: 'database.rights', details: { user: role } })
    expect(refusal.details['remedy']).toContain('grant create on database')
  })

  it('that may create schemas but no roles is warned of', async () => {
    await admin`grant create on database ${admin(new URL(fleetUrl).pathname.slice(1))} to ${admin(role)}`
    const facts = await lookAtDatabase({ url: limitedUrl() })
    expect(facts.warnings).toHaveLength(1)
    expect(facts.warnings[0]).toContain('createrole')
  })

  it.each([
    { where: 'for the role', what: () => `role ${role}`, remedy: () => `alter role "${role}" reset default_transaction_read_only` },
    { where: 'for the database', what: () => `database ${dbname()}`, remedy: () => `alter database "${dbname()}" reset default_transaction_read_only` },
    {
      where: 'for the role in this database',
      what: () => `role ${role} in database ${dbname()}`,
      remedy: () => `alter role "${role}" in database "${dbname()}" reset default_transaction_read_only`,
    },
  ])('whose transactions are read-only by a setting $where is taken, and told where it is set', async ({ what, remedy }) => {
    await admin.unsafe(`alter ${what()} set default_transaction_read_only = on`)
    try {
      const { warnings } = await lookAtDatabase({ url: limitedUrl() })
      expect(warnings).toContainEqual(expect.stringContaining('default_transaction_read_only'))
      expect(warnings).toContainEqual(expect.stringContaining(remedy()))
    } finally {
      await admin.unsafe(`alter ${what()} reset default_transaction_read_only`)
    }
  })

  it('that may not connect is told which right it lacks', async () => {
    await admin`revoke connect on database ${admin(new URL(fleetUrl).pathname.slice(1))} from public`
    expect(await refusalOf(lookAtDatabase({ url: limitedUrl() }))).toMatchObject({ code: 'database.rights' })
  })
})
