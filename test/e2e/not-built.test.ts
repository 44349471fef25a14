/** A tenant whose schema's name was taken already: nothing that lies there is shown as its own. */
import postgres from 'postgres'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { migrationsDir } from '../../lib/connection.ts'
import { readDemo, urlBeside } from '../../lib/demo/setting.ts'
import { onboardInput, type Tenancy } from '../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { findViolations, openVisitor, type Visitor } from '../support/browser.ts'
import { ended } from '../support/failed-run.ts'
import { cliActor, makePerson } from '../support/people.ts'
import { signInAs } from '../support/signing-in.ts'

const slug = 'never-built'
const email = 'never-built@example.com'
let tenancy: Tenancy
let visitor: Visitor
let sql: postgres.Sql
let run = 0

beforeAll(async () => {
  tenancy = createTenancy({ controlUrl: inject('controlUrl'), secret: inject('secret'), migrationsDir })
  await makePerson(tenancy, email, 'admin')
  const demo = await readDemo(inject('controlUrl'))
  const [database] = await tenancy.databases.list()
  if (!demo || !database) throw new Error('there is no demo here')
  sql = postgres(urlBeside(inject('controlUrl'), database.dbname), { max: 1, onnotice: () => undefined })
  await sql.unsafe('create schema tenant_never_built; create table tenant_never_built.somebody_elses (id int)')
  run = (await tenancy.onboarding.start(cliActor, onboardInput.parse({ set: demo.set, tenants: [{ slug, database: database.name }] }))).run
  await ended(tenancy, run)
  visitor = await openVisitor({ baseUrl: inject('consoleUrl') })
})
afterAll(async () => {
  await sql.unsafe('drop schema tenant_never_built cascade')
  await sql.end()
  await visitor.close()
  await tenancy.close()
})

test('its page says that it was never built, why, and what to do; no table of the schema in its way', async () => {
  const { page, complaints } = visitor
  await signInAs(page, email, `/tenants/${slug}`)
  const panel = page.locator('section', { has: page.getByRole('heading', { name: 'It was never built' }) })
  await panel
    .getByText(/schema “tenant_never_built”|tenant_never_built.*(exists|there)/)
    .first()
    .waitFor()
  expect(await page.getByText('somebody_elses').count()).toBe(0)
  expect(await page.getByRole('heading', { name: /^Size/ }).count()).toBe(0)
  expect(await findViolations(page)).toEqual([])
  await page.getByRole('button', { name: 'Discard…' }).waitFor()
  await panel.getByRole('link', { name: `Try again from run ${run}` }).click()
  await page.waitForURL(`**/runs/${run}?item=${slug}`)
  expect(complaints).toEqual([])
  await tenancy.tenants.discard(cliActor, { slug, reason: 'the test is over' })
})
