/** Migrations that say transaction=off: their statements commit one by one. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applySteps } from '../../../lib/tenancy/migrations/apply-steps.ts'
import { defaultLimits } from '../../../lib/tenancy/migrations/apply.ts'
import { checksumOf } from '../../../lib/tenancy/migrations/digest.ts'
import { readSummary, selectSummary } from '../../../lib/tenancy/migrations/history.ts'
import { connectFleet } from '../../../lib/tenancy/session/fleet-connection.ts'
import { parseStatements } from '../../../lib/tenancy/sql/statements.ts'
import { ada, firstFiles, makeFleet, schemaOf, slugsOf, type Fleet } from '../../support/fleet.ts'
import { random } from '../../support/random.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let fleet: Fleet
let sets = 0

beforeAll(async () => {
  fleet = await makeFleet(databases, { limits: { maxTries: 20 } })
  await fleet.work()
})
afterAll(() => fleet.close())

const off = '-- tenantry: transaction=off\n'
const steps = `${off}create table audit_entry (id int);\n\ncreate unique index concurrently one_email\n  on customer (email);\ninsert into audit_entry values (1);\n`

const given = async (slugs: readonly string[], setUp = ''): Promise<{ set: string; slugs: string[] }> => {
  sets += 1
  const set = `set${sets}`
  const numbered = slugs.map((slug) => `${slug}x${sets}`)
  await fleet.sync(firstFiles, set)
  await fleet.ended(await fleet.onboard(numbered, { set }))
  for (const slug of numbered) await fleet.sql.unsafe(setUp.replaceAll('SCHEMA', schemaOf(slug)))
  return { set, slugs: numbered }
}

const duplicates = `insert into SCHEMA.customer (email) values ('a@x'), ('a@x')`
const repair = (slug: string) => fleet.sql.unsafe(`delete from ${schemaOf(slug)}.customer where id > 1`)

type Index = { readonly oid: number; readonly valid: boolean; readonly on: string }
const indexOf = async (slug: string, name = 'one_email'): Promise<Index | undefined> => {
  const [row] = await fleet.sql<Index[]>`
    select c.oid::int as oid, i.indisvalid as valid, t.relname as on from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
    where c.relnamespace = ${schemaOf(slug)}::regnamespace and c.relname = ${name}`
  return row
}
const halfOf = async (slug: string) => {
  const [row] = await fleet.sql<Array<{ done: number; finished: boolean }>>`
    select statements_done as done, finished_at is not null as finished from ${fleet.sql(schemaOf(slug))}.tenantry_history where version = '0003'`
  return row
}
const auditRows = async (slug: string): Promise<number> => {
  const [row] = await fleet.sql<Array<{ n: number }>>`select count(*)::int as n from ${fleet.sql(schemaOf(slug))}.audit_entry`
  return row?.n ?? -1
}
const lastAttempt = async (run: number, slug: string) => (await fleet.tenancy.runs.attempts(run, slug)).at(-1)

describe('a migration outside of transactions', () => {
  it('builds its index concurrently in every tenant and is recorded as finished', async () => {
    const { set, slugs } = await given(['a', 'b', 'c'])
    await fleet.sync({ '0003_steps.sql': steps }, set)
    const run = await fleet.roll({ set })
    expect(run.state).toBe('succeeded')
    for (const slug of slugs) {
      expect(await halfOf(slug)).toEqual({ done: 3, finished: true })
      expect(await indexOf(slug)).toMatchObject({ valid: true, on: 'customer' })
      expect(await auditRows(slug)).toBe(1)
    }
  })

  it('that stops half-way says where, is seen as half done, and goes on at that statement when the cause is gone', async () => {
    const {
      set,
      slugs: [slug = ''],
    } = await given(['half'], duplicates)
    await fleet.sync({ '0003_steps.sql': steps }, set)
    const run = await fleet.roll({ set })
    expect(run.state).toBe('failed')
    expect(await lastAttempt(run.id, slug)).toMatchObject({
      state: 'failed',
      error: {
        code: '23505',
        detail: 'Key (email)=(a@x) is duplicated.',
        version: '0003',
        file: '0003_steps.sql',
        line: 4,
        statement: 'create unique index concurrently one_email\n  on customer (email)',
      },
    })
    expect(await halfOf(slug)).toEqual({ done: 1, finished: false })
    expect(await fleet.versionsOf(slug)).toEqual(['0001', '0002'])
    const left = await indexOf(slug)
    expect(left?.valid).toBe(false)
    await fleet.verified(run.id)
    const [row] = (await fleet.tenancy.tenants.list({ q: slug, sort: 'slug', descending: false, offset: 0, limit: 5 })).rows
    expect(row).toMatchObject({ version: '0002', versionState: 'behind', remark: expect.stringContaining('0003 is half done: 1') })
    expect((await fleet.tenancy.tenants.list({ halfDone: true, set: [set], sort: 'slug', descending: false, offset: 0, limit: 5 })).total).toBe(1)
    expect(await fleet.tenancy.tenants.inspect(slug, set)).toMatchObject({
      history: [{ match: 'same' }, { match: 'same' }, { version: '0003', match: 'half_done', statementsDone: 1 }],
    })

    await repair(slug)
    const { run: again } = await fleet.tenancy.runs.rerun(ada, { run: run.id, note: '' })
    expect((await fleet.ended(again)).state).toBe('succeeded')
    expect(await halfOf(slug)).toEqual({ done: 3, finished: true })
    const built = await indexOf(slug)
    expect(built).toMatchObject({ valid: true })
    expect(built?.oid).not.toBe(left?.oid)
    expect(await auditRows(slug)).toBe(1)
    await fleet.verified(again)
    expect((await fleet.tenancy.tenants.list({ q: slug, sort: 'slug', descending: false, offset: 0, limit: 5 })).rows[0]).toMatchObject({
      versionState: 'at_head',
      remark: null,
    })
  })

  it('does not build again what a try finished and could not mark', async () => {
    const {
      set,
      slugs: [slug = ''],
    } = await given(['marked'], duplicates)
    await fleet.sync({ '0003_steps.sql': steps }, set)
    const run = await fleet.roll({ set })
    await repair(slug)
    await fleet.sql.unsafe(`drop index ${schemaOf(slug)}.one_email`)
    await fleet.sql.unsafe(`create unique index one_email on ${schemaOf(slug)}.customer (email)`)
    const before = await indexOf(slug)
    const { run: again } = await fleet.tenancy.runs.rerun(ada, { run: run.id, note: '' })
    expect((await fleet.ended(again)).state).toBe('succeeded')
    expect(await indexOf(slug)).toEqual(before)
    expect(await halfOf(slug)).toEqual({ done: 3, finished: true })
  })

  it('leaves an index of the same name on another table alone, and fails', async () => {
    const {
      set,
      slugs: [slug = ''],
    } = await given(['other'], 'create index one_email on SCHEMA.orders (total)')
    await fleet.sync({ '0003_steps.sql': steps }, set)
    const before = await indexOf(slug)
    const run = await fleet.roll({ set })
    expect(await lastAttempt(run.id, slug)).toMatchObject({ error: { code: '42P07', line: 4 } })
    expect(await indexOf(slug)).toEqual(before)
  })

  it('takes no index for its own that was there before it was first tried', async () => {
    const {
      set,
      slugs: [slug = ''],
    } = await given(['before'], 'create index one_email on SCHEMA.customer (id)')
    await fleet.sync({ '0003_steps.sql': steps }, set)
    const before = await indexOf(slug)
    const run = await fleet.roll({ set })
    expect(await lastAttempt(run.id, slug)).toMatchObject({ error: { code: '42P07', line: 4 } })
    const { run: again } = await fleet.tenancy.runs.rerun(ada, { run: run.id, note: '' })
    expect((await fleet.ended(again)).state).toBe('failed')
    expect(await lastAttempt(again, slug)).toMatchObject({ error: { code: '42P07', line: 4 } })
    expect(await indexOf(slug)).toEqual(before)
    expect(await halfOf(slug)).toEqual({ done: 1, finished: false })
  })

  it('takes away what a REINDEX that was cut has left behind', async () => {
    const {
      set,
      slugs: [slug = ''],
    } = await given(['reindexed'])
    await fleet.sync({ '0003_steps.sql': `${off}reindex table concurrently customer;\n` }, set)
    const halves = () => fleet.sql`
      select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid where c.relnamespace = ${schemaOf(slug)}::regnamespace and not i.indisvalid`
    const holder = await fleet.sql.reserve()
    await holder.unsafe(`begin; lock table ${schemaOf(slug)}.customer in access share mode`)
    const run = await fleet.start({ set })
    await expect.poll(async () => (await halves()).length).toBeGreaterThan(0)
    await fleet.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name like ${`tenantry:%run ${run} %`}`
    await holder.unsafe('rollback')
    holder.release()
    expect((await fleet.ended(run)).state).toBe('succeeded')
    expect(await halves()).toEqual([])
  })

  it('that was edited after it was half done is refused and nothing more is run', async () => {
    const {
      set,
      slugs: [slug = ''],
    } = await given(['edited'], duplicates)
    await fleet.sync({ '0003_steps.sql': steps }, set)
    await fleet.roll({ set })
    await repair(slug)
    await fleet.sync({ '0003_steps.sql': `${steps}insert into audit_entry values (2);\n` }, set)
    const run = await fleet.roll({ set })
    expect(await lastAttempt(run.id, slug)).toMatchObject({ state: 'failed', error: { code: 'half_done_edited', version: '0003' } })
    expect(await auditRows(slug)).toBe(0)
    expect(await halfOf(slug)).toEqual({ done: 1, finished: false })
  })

  it('takes an index that it dropped before it could mark that as dropped', async () => {
    const {
      set,
      slugs: [slug = ''],
    } = await given(['drop'], 'create index old_email on SCHEMA.customer (email)')
    await fleet.sync({ '0003_drop.sql': `${off}drop index concurrently old_email;\ncreate table audit_entry (id int);\n` }, set)
    await fleet.tenancy.sets.get(set)
    const [{ checksum } = { checksum: '' }] = (await fleet.tenancy.sets.get(set)).list.slice(-1)
    await fleet.sql.unsafe(
      `drop index ${schemaOf(slug)}.old_email; insert into ${schemaOf(slug)}.tenantry_history (version, name, checksum) values ('0003', 'drop', '${checksum}')`,
    )
    expect((await fleet.roll({ set })).state).toBe('succeeded')
    expect(await halfOf(slug)).toEqual({ done: 2, finished: true })
  })

  it('cut at any moment, 15 times over 12 tenants, runs each statement once', async () => {
    const { set, slugs } = await given(slugsOf(12, 'cut'))
    await fleet.sync(
      {
        '0003_steps.sql': `${off}create table audit_entry (id int);\ninsert into audit_entry select 1 from pg_sleep(0.02);\ncreate index concurrently one_email on customer (email);\ninsert into audit_entry select 2 from pg_sleep(0.02);\n`,
      },
      set,
    )
    const next = random(7)
    const run = await fleet.start({ set })
    for (let cut = 0; cut < 15; cut += 1) {
      await sleep(next() * 60)
      await fleet.sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like ${`tenantry:%run ${run} %`}`
    }
    expect((await fleet.ended(run)).state).toBe('succeeded')
    for (const slug of slugs) {
      expect(await auditRows(slug), slug).toBe(2)
      expect(await indexOf(slug), slug).toMatchObject({ valid: true })
      expect(await halfOf(slug)).toEqual({ done: 4, finished: true })
    }
  })

  it('that two sessions take up at once runs each statement once', async () => {
    const {
      set,
      slugs: [slug = ''],
    } = await given(['twice'])
    const text = `${off}create table audit_entry (id int);\ninsert into audit_entry select 1 from pg_sleep(0.1);\n`
    const schema = schemaOf(slug)
    await fleet.sync({ '0003_steps.sql': text }, set)
    const migration = {
      version: '0003',
      name: 'steps',
      file: '0003_steps.sql',
      checksum: checksumOf(text),
      transactional: false,
      statements: await parseStatements(text),
    }
    const connections = await Promise.all([0, 1].map(() => connectFleet(fleet.urls[0] ?? '', { applicationName: 'steps' })))
    const [first] = connections
    if (!first) throw new Error('no connection')
    const [before] = await first.query(selectSummary(schema))
    const step = { before: readSummary(before ?? {}).digest, after: 'unknown', applied: 0 }
    const scene = { schema, extensionSchemas: [], run: 1, applicationName: 'steps', limits: defaultLimits }
    const outcomes = await Promise.all(connections.map((connection) => applySteps(connection, migration, step, scene)))
    // The digest that was asked for is nobody's, so the one that ran them says so.
    expect(outcomes.map((outcome) => ('error' in outcome ? outcome.error.code : outcome.kind)).toSorted()).toEqual(['55P03', 'history_mismatch'])
    expect(await auditRows(slug)).toBe(1)
    expect(
      await first.query(
        `select current_setting('search_path') as path, current_setting('default_transaction_read_only') as read_only, current_setting('application_name') as name`,
      ),
    ).toEqual([{ path: 'pg_catalog', read_only: 'on', name: 'steps' }])
    await Promise.all(connections.map((connection) => connection.close()))
  })

  it('keeps to the budget of connections', async () => {
    const { set } = await given(slugsOf(12, 'budget'))
    await fleet.sync({ '0003_steps.sql': `${off}create table audit_entry (id int);\nselect pg_sleep(0.05);\n` }, set)
    await fleet.tenancy.databases.setBudget(ada, { name: 'db1', budget: 4 })
    await fleet.until('the last conductor to go', async () => (await fleet.control`select 1 from conductor where worker is not null`).length === 0)
    const run = await fleet.start({ set })
    let most = 0
    await fleet.until('the end', async () => {
      const [row] = await fleet.sql<
        Array<{ n: number }>
      >`select count(*)::int as n from pg_stat_activity where application_name like 'tenantry:%' and datname = current_database()`
      most = Math.max(most, row?.n ?? 0)
      return (await fleet.stateOf(run)) === 'succeeded'
    })
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(4)
  })
})
