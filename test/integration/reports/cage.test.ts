/** With the check switched off: what PostgreSQL itself refuses, and what the check alone does. */
import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { checkReport } from '../../../lib/tenancy/reports/check/check-report.ts'
import { settleSession, unsettleSession } from '../../../lib/tenancy/reports/cage.ts'
import { fillText } from '../../../lib/tenancy/reports/missing/filled-text.ts'
import { readOwnStructure } from '../../../lib/tenancy/reports/missing/own-structure.ts'
import { readTenant, type TenantAnswer } from '../../../lib/tenancy/reports/read-tenant.ts'
import { createRole, tenantGrants } from '../../../lib/tenancy/migrations/build-messages.ts'
import { connectFleet, type FleetConnection } from '../../../lib/tenancy/session/fleet-connection.ts'
import { codeOf } from '../../../lib/tenancy/sql/sqlstate.ts'
import { useDatabases, withServer } from '../../support/template.ts'

const databases = useDatabases()
const mark = `cage_${randomBytes(4).toString('hex')}`
const [owner, mine, other] = [`${mark}_console`, `${mark}_mine`, `${mark}_other`]
const version = inject('serverMajor') * 10_000

let superuser: postgres.Sql
let connection: FleetConnection
let statements: number

/** A console that is no superuser, as hosting services have it, with two tenants. */
beforeAll(async () => {
  const url = await databases.empty()
  superuser = postgres(url, { max: 1, onnotice: () => undefined })
  await superuser.unsafe(`create role ${owner} login createrole password 'p'; grant create on database ${new URL(url).pathname.slice(1)} to ${owner}`)
  const own = new URL(url)
  own.username = owner
  own.password = 'p'
  const console = postgres(own.href, { max: 1, onnotice: () => undefined })
  for (const tenant of [mine, other]) {
    const texts = [`create schema ${tenant}`, ...createRole(tenant), ...tenantGrants(tenant, tenant), `create table ${tenant}.secret (id int, word text)`]
    for (const text of [...texts, `insert into ${tenant}.secret values (1, '${tenant}')`, `create sequence ${tenant}.numbers`]) await console.unsafe(text)
  }
  await console.unsafe(`create function ${mine}.grow() returns int language sql volatile as 'insert into ${mine}.secret values (2) returning id'`)
  await console.end()
  connection = await connectFleet(own.href, { applicationName: 'cage test' })
  await connection.query(settleSession)
  statements = 0
})
afterAll(async () => {
  await connection.close()
  await superuser.unsafe(`drop owned by ${mine}, ${other}, ${owner} cascade; drop role ${mine}, ${other}, ${owner}`)
  await superuser.end()
})

const cage = { schema: mine, role: mine, extensionSchemas: [], applicationName: 'tenantry:cage' }

const ask = async (statement: string): Promise<{ readonly answer: TenantAnswer; readonly rows: ReadonlyArray<ReadonlyArray<string | null>> }> => {
  statements += 1
  const rows: Array<Array<string | null>> = []
  const answer = await readTenant(connection, cage, version, { statement, columns: [{ name: 'a', type: 'text', oid: 25 }], rowCap: 5_000 }, async (some) => {
    rows.push(...some.map((row) => row.map((value) => value?.toString() ?? null)))
  })
  return { answer, rows }
}
const codeFrom = ({ answer }: { readonly answer: TenantAnswer }): string => (answer.kind === 'refused' ? codeOf(answer.error) : answer.kind)

test('what is the tenant’s own is read, as its own role, whoever signed in', async () => {
  expect((await ask('select word as a from secret')).rows).toEqual([[mine]])
  expect((await ask('select current_user::text as a')).rows).toEqual([[mine]])
  expect((await ask(`select current_setting('transaction_read_only') as a`)).rows).toEqual([['on']])
})

/** SQLSTATE by which PostgreSQL refuses it. */
const refused: ReadonlyArray<readonly [string, string]> = [
  // Another tenant's rows, or anybody's secrets.
  ['select word as a from {other}.secret', '42501'],
  ['select rolpassword::text as a from pg_authid', '42501'],
  ['select usename::text as a from pg_shadow', '42501'],
  ['select umoptions::text as a from pg_user_mapping', '42501'],
  ['select stavalues1::text as a from pg_statistic', '42501'],
  [`select pg_read_file('/etc/passwd') as a`, '42501'],
  [`select pg_read_binary_file('/etc/passwd')::text as a`, '42501'],
  [`select pg_ls_dir('/') as a`, '42501'],
  [`select (pg_stat_file('/etc/passwd')).size::text as a`, '42501'],
  ['select a.name as a from pg_ls_waldir() a', '42501'],
  [`select lo_import('/etc/passwd')::text as a`, '42501'],
  [`select query_to_xml('select * from {other}.secret', false, false, '')::text as a`, '42501'],
  [`select table_to_xml('{other}.secret', false, false, '')::text as a`, '42501'],
  [`select word as a from ts_stat('select word::tsvector from {other}.secret')`, '42501'],
  // Writing.
  ['with x as (insert into secret values (2) returning word) select word as a from x', '0A000'],
  ['with x as (delete from secret returning word) select word as a from x', '0A000'],
  ['select word as a into kept from secret', '42601'],
  ['select word as a from secret for update', '25006'],
  ['select word as a from secret for share', '25006'],
  [`select nextval('numbers')::text as a`, '25006'],
  [`select setval('numbers', 5)::text as a`, '42501'],
  ['select grow()::text as a', '25006'],
  [`select set_config('transaction_read_only', 'off', true) as a`, '25001'],
  [`select set_config('transaction_isolation', 'serializable', true) as a`, '25001'],
  // A second statement, or another kind of one.
  ['select word as a from secret; drop table secret', '42601'],
  ['select word as a from secret; rollback; select 1', '42601'],
  [`select '\\'; drop table secret; --' as a`, '42601'],
  ['copy secret to stdout', '42601'],
  ['explain analyze select 1', '42601'],
  // Rights that the tenant's role does not have.
  ['select pg_reload_conf()::text as a', '42501'],
  ['select pg_rotate_logfile()::text as a', '42501'],
  ['select pg_switch_wal()::text as a', '42501'],
  [`select set_config('session_authorization', 'postgres', true) as a`, '42501'],
  [`select set_config('role', 'postgres', true) as a`, '42501'],
  [`select set_config('temp_file_limit', '-1', true) as a`, '42501'],
  [`select set_config('log_statement', 'none', true) as a`, '42501'],
  ['select pg_terminate_backend({pid})::text as a', '42501'],
  ['select pg_cancel_backend({pid})::text as a', '42501'],
  ['select pg_log_backend_memory_contexts({pid})::text as a', '42501'],
  [`select lo_export(1, '/tmp/taken')::text as a`, '42501'],
  [`select pg_create_restore_point('here')::text as a`, '42501'],
  ['select pg_promote()::text as a', '42501'],
  ['select pg_stat_reset()::text as a', '42501'],
  [`select pg_create_physical_replication_slot('kept')::text as a`, '42501'],
  [`select pg_drop_replication_slot('kept')::text as a`, '42501'],
  [`select pg_import_system_collations('pg_catalog')::text as a`, '42501'],
  ['select a.name as a from pg_ls_logdir() a', '42501'],
  ['select pg_current_logfile() as a', '42501'],
  ['select a.database[1] as a from pg_hba_file_rules a', '42501'],
]

describe('PostgreSQL refuses', () => {
  test.each(refused)('%s', async (text, code) => {
    const [session] = await superuser`select pg_backend_pid() as pid`
    const statement = text.replaceAll('{other}', other).replace('{pid}', String(session?.pid))
    expect(codeFrom(await ask(statement))).toBe(code)
    // It stands as before, for the next tenant.
    expect((await ask('select word as a from secret')).rows).toEqual([[mine]])
  })

  test('what takes or keeps too much', async () => {
    expect(codeFrom(await ask('select n::text as a from generate_series(1, 100000) n'))).toBe('too_many')
    expect(codeFrom(await ask('with recursive x as (select 1 as n union all select n + 1 from x) select n::text as a from x'))).toBe('too_many')
  })
})

describe('with NULL put in for what a tenant lacks PostgreSQL refuses the same:', () => {
  const fill = [{ name: 'secret', isOnly: false, columns: [{ name: 'extra', type: 'text', instead: 'text', isAsked: true }] }]
  const filledOf = async (text: string): Promise<string> => {
    const own = await readOwnStructure(connection, cage, fill)
    const statement = (own && fillText(text, fill, own)?.statement) ?? ''
    // Else what is refused would be a text that is broken.
    expect(statement).toMatch(/^WITH "secret" AS NOT MATERIALIZED \(SELECT own\."extra"[^]+ FROM "secret" AS own\) AS own\)\nSELECT \* FROM \(/)
    expect(statement).toContain(text)
    return statement
  }

  const lockRows = / for (update|share)$/

  test('but for locks of rows, which find no table to lock, and which the check refuses', async () => {
    for (const [text] of refused.filter(([each]) => lockRows.test(each))) {
      expect((await ask(await filledOf(text))).rows).toEqual([[mine]])
      expect(await superuser.unsafe(`select distinct xmax::text as locker from ${mine}.secret`)).toEqual([{ locker: '0' }])
      expect((await checkReport(await filledOf(text))).problems).toMatchObject([{ code: 'locking' }])
    }
  })

  test.each(refused.filter(([text]) => !lockRows.test(text)))('%s', async (text, code) => {
    const [session] = await superuser`select pg_backend_pid() as pid`
    const statement = text.replaceAll('{other}', other).replace('{pid}', String(session?.pid))
    expect(codeFrom(await ask(await filledOf(statement)))).toBe(code)
    expect((await ask('select word as a from secret')).rows).toEqual([[mine]])
  })

  test('and what is asked reads as ever, whatever its tables’ columns are called', async () => {
    const odd = 'x" from secret) own) select pg_sleep(9) --'
    await superuser.unsafe(`alter table ${mine}.secret add column "${odd.replaceAll('"', '""')}" text default 'odd'`)
    expect((await ask(await filledOf('select word || extra is null as a, * from secret'))).answer).toMatchObject({ kind: 'other_columns' })
    expect((await ask(await filledOf('select (word || extra is null)::text as a from secret'))).rows).toEqual([['true']])
    expect((await ask(await filledOf('select row(secret.*)::text as a from secret'))).rows).toEqual([[`(,1,${mine},odd)`]])
    await superuser.unsafe(`alter table ${mine}.secret drop column "${odd.replaceAll('"', '""')}"`)
  })
})

test('a large object is kept by nobody: servers before 16 make one in a transaction that reads, and it is rolled back', async () => {
  expect(codeFrom(await ask('select lo_create(0)::text as a'))).toBe(inject('serverMajor') < 16 ? 'answered' : '25006')
  expect((await superuser`select from pg_largeobject_metadata`).length).toBe(0)
  expect((await checkReport('select lo_create(0)::text as a')).problems).toMatchObject([{ code: 'function' }])
})

/** Let through by PostgreSQL, which has no right for it: only the check refuses. */
const checkOnly = [
  `select set_config('role', 'none', true) as a`,
  `select set_config('role', 'none', true) || query_to_xml('select * from {other}.secret', false, false, '')::text as a`,
  `select set_config('statement_timeout', '0', true) as a`,
  `select set_config('work_mem', '1GB', true) as a`,
  `select set_config('search_path', '{other}', true) as a`,
  'select pg_sleep(0.01)::text as a',
  'select pg_advisory_xact_lock(1)::text as a',
  'select pg_advisory_lock(1)::text as a',
  `select pg_notify('tenantry', '{}')::text as a`,
  'select query as a from pg_stat_activity where false',
  'select pg_cancel_backend(0)::text as a',
  `select query_to_xml('select word from secret', false, false, '')::text as a`,
  'select pg_export_snapshot() as a',
]

describe('the check alone refuses', () => {
  test.each(checkOnly)('%s', async (text) => {
    const statement = text.replaceAll('{other}', other)
    expect(codeFrom(await ask(statement))).toBe('answered')
    expect((await checkReport(statement)).problems.map(({ code }) => code)).toEqual(expect.arrayContaining([expect.stringMatching(/^(function|catalog)$/)]))
  })

  test('and nothing of it outlives the tenant: the role, what was set, what was locked', async () => {
    for (const text of [
      `select set_config('role', 'none', false) as a`,
      `select set_config('work_mem', '1GB', false) as a`,
      `select set_config('timezone', 'Asia/Tokyo', false) as a`,
    ])
      await ask(text)
    expect((await ask(`select current_user || ' ' || current_setting('work_mem') || ' ' || current_setting('timezone') as a`)).rows).toEqual([
      [`${mine} 16MB UTC`],
    ])
    const [session] = await connection.query<{ role: string; memory: string }>(`select current_setting('role') as role, current_setting('work_mem') as memory`)
    expect(session).toEqual({ role: 'none', memory: '16MB' })
    await connection.query(unsettleSession)
    expect(await connection.query(`select current_setting('work_mem') as memory, current_setting('search_path') as path`)).toEqual([
      { memory: '4MB', path: 'pg_catalog' },
    ])
    await connection.query(settleSession)
    // Of a session’s own locks ROLLBACK knows nothing: they stay until the connection goes to other work.
    const locks = await withServer((sql) => sql`select from pg_locks where pid = ${connection.pid} and locktype = 'advisory'`)
    expect(locks.length).toBe(0)
  })
})

test('the check refuses all that PostgreSQL refuses, but for what a tenant’s own function does', async () => {
  const passed: string[] = []
  for (const [text] of refused) if ((await checkReport(text.replaceAll('{other}', other).replace('{pid}', '1'))).problems.length === 0) passed.push(text)
  expect(passed).toEqual(['select grow()::text as a'])
  expect(statements).toBeGreaterThan(100)
})
