/** A database that is added by two addresses, the pooler's and its own, and given another one later. */
import type { Page } from 'playwright-core'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { migrationsDir } from '../../lib/connection.ts'
import type { Tenancy } from '../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { findViolations, openVisitor, type Visitor } from '../support/browser.ts'
import { makePerson } from '../support/people.ts'
import { signInAs } from '../support/signing-in.ts'

const email = 'databases@example.com'
const dbname = 'two_addresses'
let tenancy: Tenancy
let visitor: Visitor
let page: Page

/** Two names of one machine stand for a pooler and its server. */
const urlAt = (hostname: string): string => Object.assign(new URL(inject('controlUrl')), { hostname, pathname: `/${dbname}` }).href
const port = (): string => new URL(inject('controlUrl')).port

beforeAll(async () => {
  const sql = postgres(inject('controlUrl'), { max: 1 })
  await sql.unsafe(`create database ${dbname}`)
  await sql.end()
  tenancy = createTenancy({ controlUrl: inject('controlUrl'), secret: inject('secret'), migrationsDir })
  await makePerson(tenancy, email, 'admin')
  visitor = await openVisitor({ baseUrl: inject('consoleUrl') })
  page = visitor.page
  await signInAs(page, email, '/databases')
})
afterAll(async () => {
  await visitor.close()
  await tenancy.close()
})

const row = () => page.getByRole('row').filter({ hasText: dbname })

test('both are tested, and the wrong one of the two is named beside its field', async () => {
  await page.getByRole('button', { name: 'Add a database' }).click()
  const adding = page.getByRole('dialog')
  await adding.getByLabel('Connection string').fill(urlAt('localhost'))
  const direct = adding.getByLabel('Direct address')
  await direct.fill('mysql://nowhere')
  await adding.getByRole('button', { name: 'Test the connection' }).click()
  await adding.getByText('The direct address is not valid').first().waitFor()
  expect(await direct.getAttribute('aria-invalid')).toBe('true')
  expect(await adding.getByLabel('Connection string').getAttribute('aria-invalid')).not.toBe('true')
  await direct.fill(urlAt('127.0.0.1'))
  await adding.getByRole('button', { name: 'Test the connection' }).click()
  await adding.getByText(`Applications reach it through localhost:${port()}`).waitFor()
  expect(await findViolations(page)).toEqual([])
  await adding.getByLabel('Name here').fill('two-addresses')
  await adding.getByRole('button', { name: 'Add the database' }).click()
  await row().getByText(`pooler localhost:${port()}`).waitFor()
})

test('a pooler that is not named again is forgotten, which is said before', async () => {
  await row().getByRole('button').click()
  await page.getByRole('menuitem', { name: 'Change the address…' }).click()
  const changing = page.getByRole('dialog')
  await changing.getByText(`the pooler at localhost:${port()} is forgotten`).waitFor()
  await changing.getByLabel('Connection string').fill(urlAt('127.0.0.1'))
  await changing.getByRole('button', { name: 'Test and save' }).click()
  await changing.waitFor({ state: 'hidden' })
  await row().getByText('pooler').waitFor({ state: 'hidden' })
  expect((await tenancy.databases.list()).find(({ name }) => name === 'two-addresses')).toMatchObject({ host: '127.0.0.1', pooler: null })
})

test('it can be removed', async () => {
  await row().getByRole('button').click()
  await page.getByRole('menuitem', { name: /Remove/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click()
  await row().waitFor({ state: 'hidden' })
})
