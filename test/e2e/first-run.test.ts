/** From an empty control database of one's own to the first tenants, as the console itself leads; and what a killed process leaves behind. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Page } from 'playwright-core'
import { nextFreePort } from '../../lib/embedded/ports.ts'
import { childEnvironment } from '../../lib/env.ts'
import { projectRoot } from '../../lib/root.ts'
import { findViolations, openVisitor, type Visitor } from '../support/browser.ts'
import { redeem } from '../support/signing-in.ts'
import { startConsole, type StartedConsole } from '../support/start-console.ts'

const urlOf = (dbname: string): string => {
  const url = new URL(inject('controlUrl'))
  url.pathname = `/${dbname}`
  return url.href
}

let variables: Readonly<Record<string, string>>
let started: StartedConsole
let visitor: Visitor
let page: Page
let dir = ''

beforeAll(async () => {
  const sql = postgres(inject('controlUrl'), { max: 1 })
  await sql`create database first_control`
  await sql`create database first_tenants`
  await sql.end()
  dir = mkdtempSync(join(tmpdir(), 'tenantry-first-'))
  writeFileSync(join(dir, '0001_customers.sql'), 'create table customer (id bigint primary key, name text not null);\n')
  variables = {
    DATABASE_URL: urlOf('first_control'),
    TENANTRY_SECRET: 'another secret, of the first run, long enough',
    PORT: String(await nextFreePort(3_930)),
  }
  started = await startConsole(variables)
  visitor = await openVisitor({ baseUrl: started.address })
  page = visitor.page
})
afterAll(async () => {
  await visitor.close()
  await started.end()
  rmSync(dir, { recursive: true, force: true })
})

/** What `npx tenantry …` prints. */
const command = async (...args: readonly string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(projectRoot, 'lib', 'cli', 'main.ts'), ...args], { env: childEnvironment(variables) })
  return stdout
}

const step = (name: string): Promise<void> =>
  page
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { name }) })
    .and(page.locator('[aria-current="step"]'))
    .waitFor()
const toFleet = (): Promise<void> => page.getByRole('link', { name: 'Fleet', exact: true }).click()

test('the first admin comes from the command line, and the page says what is first', async () => {
  expect(started.link).toBeNull()
  const link = /https?:\/\/\S+/.exec(await command('init', '--admin', 'first@example.com'))?.[0] ?? ''
  expect(link).toContain(started.address)
  await redeem(page, link)
  await page.getByRole('heading', { name: 'There is no fleet yet' }).waitFor()
  await step('Add a database')
  expect(await findViolations(page)).toEqual([])
})

test('step by step to the first tenant', async () => {
  await page.getByRole('link', { name: 'Add a database' }).click()
  await page.getByRole('button', { name: 'Add a database' }).click()
  const adding = page.getByRole('dialog')
  await adding.getByLabel('Connection string').fill(urlOf('no_such_database'))
  await adding.getByRole('button', { name: 'Test the connection' }).click()
  await adding.getByRole('alert').waitFor()
  await adding.getByLabel('Connection string').fill(urlOf('first_tenants'))
  await adding.getByRole('button', { name: 'Test the connection' }).click()
  await adding.getByText(/PostgreSQL [\d.]+ answers at/).waitFor()
  await adding.getByLabel('Name').fill('main')
  await adding.getByRole('button', { name: 'Add the database' }).click()
  await page.getByRole('cell', { name: 'main first_tenants' }).waitFor()

  await toFleet()
  await step('Read a migration set')
  await page.getByRole('link', { name: 'Read a set' }).click()
  await page.getByRole('button', { name: 'Add a set' }).click()
  const reading = page.getByRole('dialog')
  await reading.getByLabel('Name').fill('app')
  await reading.getByLabel('Directory').fill(dir)
  await reading.getByLabel('Database for new tenants').selectOption('main')
  await reading.getByRole('button', { name: 'Read the directory' }).click()
  await page.getByRole('link', { name: 'app', exact: true }).waitFor()

  await toFleet()
  await step('Onboard tenants')
  await page.getByRole('link', { name: 'Onboard tenants' }).click()
  await page.getByLabel('Name', { exact: true }).fill('First Customer')
  await page.getByText('free', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Onboard first-customer' }).click()
  await page.getByText('1 tenant onboarded, none failed.').waitFor({ timeout: 30_000 })
  await toFleet()
  await page.getByRole('heading', { name: '1 tenant: 1 at head, 0 behind, 0 failed, 0 unreachable.' }).waitFor({ timeout: 30_000 })
})

test('a killed console is started again: the fleet is there, and one is still signed in', async () => {
  await started.end('SIGKILL')
  await page.getByText('Not live', { exact: true }).waitFor()
  started = await startConsole(variables)
  await page.getByText('Live', { exact: true }).waitFor({ timeout: 30_000 })
  await page.reload()
  await page.getByRole('heading', { name: '1 tenant: 1 at head' }).waitFor()
  await page.getByLabel('first@example.com, admin: account and settings').waitFor()
})
