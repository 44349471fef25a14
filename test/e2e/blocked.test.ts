/** On call: an item stands still, its panel says who blocks it, and one of the buttons there ends that. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { migrationsDir } from '../../lib/connection.ts'
import { urlBeside } from '../../lib/demo/setting.ts'
import { onboardInput, startRunInput, type Tenancy } from '../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { findViolations, openVisitor, type Visitor } from '../support/browser.ts'
import { ended } from '../support/failed-run.ts'
import { cliActor, makePerson } from '../support/people.ts'
import { signInAs } from '../support/signing-in.ts'

const set = 'blocked'
const slug = 'kjeld-locksmiths'
const email = 'blocked-operator@example.com'
const dir = mkdtempSync(join(tmpdir(), 'tenantry-blocked-'))
let tenancy: Tenancy
let operator: Visitor
let blocker: postgres.Sql
let run = 0

const sync = (database: string) => tenancy.sets.sync(cliActor, { name: set, dir, database })

beforeAll(async () => {
  tenancy = createTenancy({ controlUrl: inject('controlUrl'), secret: inject('secret'), migrationsDir })
  await makePerson(tenancy, email, 'operator')
  const [database] = await tenancy.databases.list()
  if (!database) throw new Error('the demo has no database')
  writeFileSync(join(dir, '0001_keys.sql'), 'create table keys (id bigint primary key, lock text);')
  await sync(database.name)
  const onboarding = await tenancy.onboarding.start(cliActor, onboardInput.parse({ set, tenants: [{ slug }] }))
  await ended(tenancy, onboarding.run)
  writeFileSync(join(dir, '0002_by_lock.sql'), '-- tenantry: transaction=off\ncreate index concurrently by_lock on keys (lock);')
  await sync(database.name)
  blocker = postgres(urlBeside(inject('controlUrl'), database.dbname), { max: 1, onnotice: () => undefined, connection: { application_name: 'pg_dump' } })
  await blocker.unsafe('begin isolation level repeatable read; select count(*) from pg_catalog.pg_class')
  run = (await tenancy.runs.start(cliActor, startRunInput.parse({ set }))).run
  operator = await openVisitor({ baseUrl: inject('consoleUrl') })
})
afterAll(async () => {
  await blocker.end({ timeout: 2 })
  await ended(tenancy, run)
  await operator.close()
  await tenancy.close()
  rmSync(dir, { recursive: true, force: true })
})

test('the panel of an item that waits names the session in its way, and terminating it with a reason lets the run go on', async () => {
  const { page, complaints } = operator
  await signInAs(page, email, `/runs/${run}?item=${slug}`)
  const blocked = page.getByRole('dialog', { name: slug }).getByRole('region', { name: 'Blocked by' })
  await blocked.getByText('pg_dump', { exact: true }).waitFor()
  await blocked.getByText(/^CREATE INDEX CONCURRENTLY is waiting for old snapshots/).waitFor()
  await blocked.getByText('select count(*) from pg_catalog.pg_class').waitFor()
  expect(await blocked.getByRole('button', { name: /^Cancel query/ }).count()).toBe(0)
  expect(await findViolations(page)).toEqual([])

  await blocked.getByRole('button', { name: /^Terminate, session/ }).click()
  const asked = page.getByRole('dialog', { name: /^Terminate session \d+\?$/ })
  await asked.getByText(/loses its connection/).waitFor()
  // The letters that lead the panel from item to item are letters here.
  await asked.getByLabel('Why').pressSequentially('jack knows')
  expect(new URL(page.url()).searchParams.get('item')).toBe(slug)
  await asked.getByRole('button', { name: 'Terminate the session' }).click()
  await page.getByText('1 target migrated, none failed.', { exact: true }).waitFor({ timeout: 30_000 })
  await blocked.waitFor({ state: 'detached' })
  const [row] = (await tenancy.audit.list({ action: 'sessions.terminate', limit: 1 })).rows
  expect(row).toMatchObject({ actor: email, details: { reason: 'jack knows', run, tenant: slug, outcome: 'sent' } })
  expect(complaints).toEqual([])
})
