/** Every command's `--json` document, from an empty control database to a rerun: exactly one document, of exactly the promised fields. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'
import { beforeAll, describe, expect, it } from 'vitest'
import * as databaseDocuments from '../../../lib/cli/database-documents.ts'
import * as documents from '../../../lib/cli/documents.ts'
import { commandLine, useSetFolders } from '../../support/command-line.ts'
import type { CommandLine } from '../../support/command-line.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const folderOf = useSetFolders()

// Roles belong to the whole server, which other test files use as well.
const mark = randomBytes(3).toString('hex')
const [acme, globex, initech] = [`acme-${mark}`, `globex-${mark}`, `initech-${mark}`]
const schemaOf = (slug: string): string => `tenant_${slug.replaceAll('-', '_')}`

const files = {
  '0001_people.sql': 'create table people (id bigint primary key, name text not null);',
  '0002_name_index.sql': 'create index people_name_idx on people (name);',
}
const third = { '0003_short_names.sql': 'alter table people add constraint people_short check (length(name) < 10);' }

let cli: CommandLine
let controlUrl: string
let fleetUrl: string
let dir: string

beforeAll(async () => {
  controlUrl = await databases.empty()
  cli = commandLine(controlUrl)
  fleetUrl = await databases.empty()
  dir = folderOf(files)
})

const inTenant = async (slug: string, statement: string): Promise<void> => {
  const sql = postgres(fleetUrl, { max: 1 })
  await sql.unsafe(`set search_path = ${schemaOf(slug)}; ${statement}`)
  await sql.end()
}

describe('from nothing to tenants', () => {
  it('init sets the control database up and gives the first admin a link', async () => {
    const first = await commandLine(controlUrl, { TENANTRY_URL: 'https://console.example.com' }).run(['init', '--admin', 'Ada@Example.com', '--json'])
    const { applied, admin } = first.document(documents.initDocument)
    expect([first.code, applied.length > 0, admin?.email]).toEqual([0, true, 'ada@example.com'])
    expect(admin?.link).toMatch(/^https:\/\/console\.example\.com\/welcome\?token=[\w-]{20,}$/)
    const second = await cli.run(['init', '--json'])
    expect(second.document(documents.initDocument)).toEqual({ applied: [], admin: null })
  })

  it('status of no targets is an empty list', async () => {
    const { code, document } = await cli.run(['status', '--json'])
    expect([code, document(documents.statusDocument)]).toEqual([0, { targets: [] }])
  })

  it('databases add takes the address by standard input and never repeats its password', async () => {
    const url = new URL(fleetUrl)
    const added = await cli.run(['databases', 'add', 'app-1', '--url', '-', '--budget', '4', '--json'], fleetUrl)
    const { database } = added.document(databaseDocuments.databaseDocument)
    expect([added.code, database.name, database.budget, database.reachable]).toEqual([0, 'app-1', 4, true])
    const listed = await cli.run(['databases', 'list', '--json'])
    expect(listed.document(databaseDocuments.databaseListDocument).databases.map(({ name }) => name)).toEqual(['app-1'])
    expect(added.stdout + added.stderr + listed.stdout).not.toContain(decodeURIComponent(url.password))
  })

  it('databases add takes two addresses from standard input, a line each, and says by which one applications come', async () => {
    const direct = await databases.empty()
    const other = Object.assign(new URL(direct), { hostname: 'localhost' })
    const name = ['databases', 'add', 'two-ways', '--url', '-', '--direct-url', '-']
    const short = await cli.run([...name, '--json'], other.href)
    expect([short.code, short.document(documents.errorDocument).error.message]).toEqual([2, expect.stringContaining('--direct-url')])
    const added = await cli.run([...name, '--json'], `${other.href}\n${direct}\n`)
    const { database } = added.document(databaseDocuments.databaseDocument)
    expect([added.code, database.host, database.pooler]).toEqual([0, '127.0.0.1', { host: 'localhost', port: Number(other.port), problem: null }])
    expect((await cli.run(['databases', 'remove', 'two-ways'])).code).toBe(0)
  })

  it('sets sync, list and lint', async () => {
    const synced = await cli.run(['sets', 'sync', 'app', '--dir', dir, '--database', 'app-1', '--json'])
    expect(synced.document(documents.syncDocument).set).toMatchObject({ name: 'app', head: '0002', added: ['0001', '0002'], unchanged: 0 })
    const again = await cli.run(['sets', 'sync', 'app', '--json'])
    expect(again.document(documents.syncDocument).set).toMatchObject({ added: [], unchanged: 2 })
    const listed = await cli.run(['sets', 'list', '--json'])
    expect(listed.document(documents.setListDocument).sets).toMatchObject([{ name: 'app', head: '0002', migrations: 2, defaultDatabase: 'app-1', targets: 0 }])
    const pooled = await cli.run(['sets', 'pool', 'app', '--size', '2', '--json'])
    expect(pooled.document(documents.poolDocument).pool).toEqual({
      set: 'app',
      database: 'app-1',
      size: 2,
      ready: 0,
      building: 0,
      problem: null,
      retryAt: null,
      waitsFor: { for: 'worker', server: null, problem: null, runs: [] },
    })
    const known = await cli.run(['sets', 'list', '--json'])
    expect(known.document(documents.setListDocument).sets).toMatchObject([{ pools: [{ database: 'app-1', size: 2 }] }])
    const none = await cli.run(['sets', 'pool', 'app', '--size', '0', '--database', 'app-1', '--json'])
    expect(none.document(documents.poolDocument).pool).toMatchObject({ size: 0 })
    const linted = await cli.run(['sets', 'lint', 'app', '--json'])
    expect([linted.code, linted.document(documents.lintDocument).set]).toEqual([0, 'app'])
  })

  it('onboard makes a tenant, in its own process', async () => {
    const made = await cli.run(['onboard', acme, '--name', 'Acme Inc.', '--host', 'acme.example.com', '--label', 'plan=team', '--json'])
    const { run } = made.document(documents.runDocument)
    expect([made.code, run.kind, run.state, run.counts.succeeded, run.failures]).toEqual([0, 'onboard', 'succeeded', 1, []])
    expect(made.stderr).toBe('')
  })

  it('onboard reads a CSV from standard input', async () => {
    const made = await cli.run(['onboard', '--csv', '-', '--json'], `slug,name\n${globex},Globex\n${initech},Initech\n`)
    expect([made.code, made.document(documents.runDocument).run.counts.total]).toEqual([0, 2])
  })

  it('status has one row a target', async () => {
    const { code, document } = await cli.run(['status', '--set', 'app', '--refresh', '--check', '--json'])
    const { targets } = document(documents.statusDocument)
    expect([code, targets.map(({ tenant }) => tenant)]).toEqual([0, [acme, globex, initech]])
    const control = postgres(controlUrl, { max: 1 })
    expect(await control`select actor_kind, details from tenantry.audit where action = 'targets.observe'`).toMatchObject([
      { actor_kind: 'cli', details: { tenants: 'all', targets: 3, unreachable: [] } },
    ])
    await control.end()
    expect(targets[0]).toMatchObject({
      set: 'app',
      database: 'app-1',
      schema: schemaOf(acme),
      isolation: 'schema',
      version: '0002',
      pending: 0,
      state: 'at_head',
      drift: false,
    })
    const one = await cli.run(['status', '--tenant', globex, '--json'])
    expect(one.document(documents.statusDocument).targets.map(({ tenant }) => tenant)).toEqual([globex])
  })
})

describe('a rollout that one tenant is in the way of', () => {
  beforeAll(async () => {
    for (const [name, text] of Object.entries(third)) writeFileSync(join(dir, name), text)
    await inTenant(globex, "insert into people values (1, 'much too long a name')")
    await cli.run(['sets', 'sync', 'app'])
  })

  it('status --check says so by its exit code', async () => {
    const checked = await cli.run(['status', '--check', '--json'])
    expect([checked.code, checked.document(documents.statusDocument).targets.map(({ state }) => state)]).toEqual([1, ['behind', 'behind', 'behind']])
  })

  it('migrate --dry-run shows the plan and does nothing', async () => {
    const planned = await cli.run(['migrate', '--dry-run', '--json'])
    const { plan } = planned.document(documents.planDocument)
    expect([planned.code, plan.total, plan.toVersion, plan.byVersion]).toEqual([0, 3, '0003', [{ version: '0002', count: 3, steps: 1 }]])
    expect((await cli.run(['runs', 'list', '--json'])).document(documents.runListDocument).runs).toHaveLength(2)
  })

  it('migrate goes through with the others, exits 1 and says why', async () => {
    const migrated = await cli.run(['migrate', '--set', 'app', '--all', '--note', 'release 7', '--json'])
    const { run } = migrated.document(documents.migrateDocument)
    expect(migrated.code).toBe(1)
    expect(run).toMatchObject({ kind: 'migrate', state: 'failed', toVersion: '0003', note: 'release 7', counts: { succeeded: 2, failed: 1, total: 3 } })
    expect(run?.failures).toMatchObject([{ count: 1, code: '23514', version: '0003', file: '0003_short_names.sql', line: 1, tenants: [globex] }])
    expect(run?.failures[0]?.offendingRowsQuery).toContain(schemaOf(globex))
    expect(migrated.stderr).toBe('')
  })

  it('the same as text names the group, the place, the rows and the next step', async () => {
    const { run } =
      (await cli.run(['runs', 'list', '--limit', '1', '--json'])).document(documents.runListDocument).runs.map((found) => ({ run: found }))[0] ?? {}
    const shown = await cli.run(['runs', 'show', String(run?.id)])
    expect([shown.code, shown.stderr]).toEqual([0, ''])
    for (const words of ['1 tenant: 23514', globex, '0003_short_names.sql:1', 'SELECT * FROM', `tenantry runs rerun ${run?.id}`])
      expect(shown.stdout).toContain(words)
  })

  it('rerun makes the rest green once the rows are mended, and then there is nothing to do', async () => {
    await inTenant(globex, "update people set name = 'short'")
    const [failed] = (await cli.run(['runs', 'list', '--limit', '1', '--json'])).document(documents.runListDocument).runs
    const rerun = await cli.run(['runs', 'rerun', String(failed?.id), '--json'])
    expect(rerun.code).toBe(0)
    expect(rerun.document(documents.runDocument).run).toMatchObject({ state: 'succeeded', parentRun: failed?.id, counts: { succeeded: 1, total: 1 } })
    const shown = (await cli.run(['runs', 'show', String(failed?.id), '--json'])).document(documents.runDocument).run
    const putRight = [{ run: rerun.document(documents.runDocument).run.id, count: 1 }]
    expect(shown).toMatchObject({ counts: { failed: 1 }, rerunnable: 0, putRight, failures: [{ tenants: [globex], remaining: [], putRight }] })
    const again = await cli.run(['runs', 'rerun', String(failed?.id), '--json'])
    expect([again.code, again.document(documents.errorDocument).error]).toMatchObject([
      2,
      { code: 'run.put_right', message: expect.stringContaining(`It was put right by run ${putRight[0]?.run}`) },
    ])
    const nothing = await cli.run(['migrate', '--json'])
    expect([nothing.code, nothing.document(documents.migrateDocument)]).toEqual([0, { run: null }])
    expect((await cli.run(['status', '--check'])).code).toBe(0)
  })

  it('watch of a finished run ends at once', async () => {
    const [last] = (await cli.run(['runs', 'list', '--json'])).document(documents.runListDocument).runs
    const watched = await cli.run(['runs', 'watch', String(last?.id), '--json'])
    expect([watched.code, watched.document(documents.runDocument).run.id]).toEqual([0, last?.id])
  })

  it('discard lets go of a tenant that was never built', async () => {
    const slug = `never-${mark}`
    await inTenant(acme, `create schema ${schemaOf(slug)}`)
    expect((await cli.run(['onboard', slug])).code).toBe(1)
    const discarded = await cli.run(['discard', slug, '--reason', 'mistyped', '--json'])
    expect([discarded.code, discarded.document(documents.discardedDocument)]).toEqual([0, { discarded: slug }])
    const refused = await cli.run(['discard', acme, '--json'])
    expect([refused.code, refused.document(documents.errorDocument).error.code]).toEqual([2, 'tenant.state_conflict'])
  })

  it('adopts a schema that is there already', async () => {
    const slug = `legacy-${mark}`
    await inTenant(acme, `create schema old_${mark}; set search_path = old_${mark}; ${Object.values(files).join('\n')}`)
    const adopted = await cli.run(['onboard', slug, '--schema', `old_${mark}`, '--baseline', '0002', '--json'])
    expect([adopted.code, adopted.document(documents.runDocument).run.state]).toEqual([0, 'succeeded'])
    const { targets } = (await cli.run(['status', '--tenant', slug, '--json'])).document(documents.statusDocument)
    expect(targets).toMatchObject([{ schema: `old_${mark}`, version: '0002', pending: 1, state: 'behind' }])
  })

  it('databases notes has a database tell of changes, and takes all of it back', async () => {
    for (const state of ['on', 'off']) {
      const { code, document } = await cli.run(['databases', 'notes', 'app-1', state, '--json'])
      expect([code, document(databaseDocuments.notesDocument)]).toEqual([0, { database: 'app-1', on: state === 'on' }])
      const { databases: listed } = (await cli.run(['databases', 'list', '--json'])).document(databaseDocuments.databaseListDocument)
      expect(listed.map(({ notes }) => notes !== null)).toEqual([state === 'on'])
    }
    const wrong = await cli.run(['databases', 'notes', 'app-1', 'maybe', '--json'])
    expect([wrong.code, wrong.document(documents.errorDocument).error.message]).toEqual([2, expect.stringContaining('“maybe” is neither on nor off')])
  })

  it('databases remove forgets an empty one only', async () => {
    const refused = await cli.run(['databases', 'remove', 'app-1', '--json'])
    expect([refused.code, refused.document(documents.errorDocument).error.code]).toEqual([2, 'database.in_use'])
    await cli.run(['databases', 'add', 'spare', '--url', await databases.empty()])
    const removed = await cli.run(['databases', 'remove', 'spare', '--json'])
    expect([removed.code, removed.document(databaseDocuments.removedDocument)]).toEqual([0, { removed: 'spare' }])
  })
})
