/** What each role sees and may do, in the browser and past it. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Page, Request } from 'playwright-core'
import { repairDemoData } from '../../lib/demo/repair.ts'
import { migrationsDir } from '../../lib/connection.ts'
import type { Role, Tenancy } from '../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { openVisitor, type Visitor, type VisitorOptions } from '../support/browser.ts'
import { makeFailedRun } from '../support/failed-run.ts'
import { cliActor, makePerson, passwordOfAll } from '../support/people.ts'
import { fillSignIn, redeem, signInAs } from '../support/signing-in.ts'

let tenancy: Tenancy
/** A finished run in which four items failed. */
let failedRun = ''
const visitors: Visitor[] = []
const emailOf = (role: Role): string => `roles-${role}@example.com`

beforeAll(async () => {
  tenancy = createTenancy({ controlUrl: inject('controlUrl'), secret: inject('secret'), migrationsDir })
  await makePerson(tenancy, emailOf('admin'), 'admin')
  await makePerson(tenancy, emailOf('support'), 'support')
  failedRun = await makeFailedRun(tenancy, inject('controlUrl'))
})
afterAll(async () => {
  for (const visitor of visitors) await visitor.close()
  await tenancy.close()
})

const visit = async (options: Partial<VisitorOptions> = {}): Promise<Visitor> => {
  const visitor = await openVisitor({ baseUrl: inject('consoleUrl'), ...options })
  visitors.push(visitor)
  return visitor
}

const places = (page: Page): Promise<readonly string[]> => page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allInnerTexts()

/** Presses what starts a command and keeps the request by which it was sent. */
const commandSent = async (page: Page, press: () => Promise<void>): Promise<Request> => {
  const sent = page.waitForRequest((request) => request.method() === 'POST' && request.headers()['next-action'] !== undefined)
  await press()
  return sent
}

/** The same command, sent by somebody else’s browser past every button. */
const replay = async (page: Page, original: Request): Promise<string> => {
  const { 'next-action': action = '', 'content-type': type = '' } = original.headers()
  const answer = await page.request.post(new URL(original.url()).pathname, {
    headers: { 'next-action': action, 'content-type': type, accept: 'text/x-component', origin: inject('consoleUrl') },
    data: original.postDataBuffer() ?? '',
  })
  return answer.text()
}

test('an operator comes by an invitation, may rerun, and is offered nothing that an admin alone may', async () => {
  const invited = await tenancy.people.invite(cliActor, { email: emailOf('operator'), name: 'Olga', role: 'operator' })
  const { page, complaints } = await visit()
  await redeem(page, `/welcome?token=${invited.token}`)
  expect((await places(page)).map((place) => place.replace(/\s.*/s, ''))).toEqual([
    'Fleet',
    'Tenants',
    'Migrations',
    'Runs',
    'Drift',
    'Reports',
    'Databases',
    'People',
    'Audit',
  ])

  await page.goto('/tenants')
  await page.getByRole('row', { name: /Baltic Bakery/ }).waitFor()
  expect(await page.getByRole('link', { name: 'Onboard', exact: true }).count()).toBe(0)
  await page.goto('/tenants/baltic-bakery')
  await page.getByRole('button', { name: 'Observe' }).waitFor()
  expect(await page.getByRole('button', { name: /Edit|Suspend/ }).count()).toBe(0)
  await page.goto('/migrations/app')
  await page.getByRole('table', { name: 'Migrations of app' }).waitFor()
  expect(await page.getByRole('link', { name: /Roll out/ }).count()).toBe(0)
  expect(await page.getByRole('button', { name: 'Sync' }).count()).toBe(0)
  await page.goto('/databases')
  await page.getByRole('row', { name: /eu-1/ }).waitFor()
  expect(await page.getByRole('button', { name: /Add a database|Actions for/ }).count()).toBe(0)
  for (const path of ['/tenants/new', '/migrations/app/rollout']) expect((await page.goto(path))?.status(), path).toBe(403)

  await repairDemoData(inject('controlUrl'))
  await page.goto(failedRun)
  await page.getByRole('button', { name: 'Rerun 4', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Why').fill('x'.repeat(501))
  await dialog.getByText('It has 501 characters, and 500 is the most: shorten it.').waitFor()
  await dialog.getByLabel('Why').fill('Mended in the meantime')
  await dialog.getByRole('button', { name: 'Start the rerun of 4' }).click()
  await page.waitForURL((url) => /^\/runs\/\d+$/.test(url.pathname) && url.pathname !== failedRun)
  await page.getByText('4 targets migrated, none failed.', { exact: true }).waitFor({ timeout: 30_000 })
  await page.getByText('“Mended in the meantime”').waitFor()
  expect(complaints.filter((text) => !text.includes('403'))).toEqual([])
})

test('support looks and changes nothing', async () => {
  const { page } = await visit()
  await signInAs(page, emailOf('support'), '/tenants/baltic-bakery')
  await page.getByText('Size of').waitFor()
  expect((await places(page)).map((place) => place.replace(/\s.*/s, ''))).toEqual(['Fleet', 'Tenants', 'Runs', 'Drift', 'Reports'])
  expect(await page.getByRole('button', { name: /Observe|Edit|Suspend/ }).count()).toBe(0)
  await page.goto(failedRun)
  await page.getByRole('heading', { name: '4 tenants: rows that break a check' }).waitFor()
  expect(await page.getByRole('button', { name: /Rerun|Retry|Repair/ }).count()).toBe(0)
  await page.goto('/')
  await page.getByRole('heading', { level: 1 }).waitFor()
  expect(await page.getByRole('button', { name: 'Look again' }).count()).toBe(0)
})

test('an admin’s commands sent with another role’s session are refused, and the refusal stands in the audit', async () => {
  const admin = await visit()
  await signInAs(admin.page, emailOf('admin'), '/tenants/new')
  await admin.page.getByLabel('Name', { exact: true }).fill('Sent Twice')
  await admin.page.getByText('free', { exact: true }).waitFor()
  const onboarding = await commandSent(admin.page, () => admin.page.getByRole('button', { name: 'Onboard sent-twice' }).click())
  await admin.page.getByText('1 tenant onboarded, none failed.').waitFor({ timeout: 30_000 })
  await admin.page.goto('/tenants/sent-twice')
  const looking = await commandSent(admin.page, () => admin.page.getByRole('button', { name: 'Observe' }).click())

  const operator = await visit()
  await signInAs(operator.page, emailOf('operator'), '/account')
  expect(await replay(operator.page, onboarding)).toContain('Your role (operator) may not do this')
  const support = await visit()
  await signInAs(support.page, emailOf('support'), '/account')
  expect(await replay(support.page, looking)).toContain('Your role (support) may not do this')
  for (const path of ['/api/databases', '/api/migrations', '/api/tenants/baltic-bakery/audit', '/api/audit/export'])
    expect((await support.page.request.get(path)).status(), path).toBe(403)

  await admin.page.goto('/audit?action=refused.')
  await admin.page.getByRole('row', { name: /roles-operator@example\.com.*refused\.tenants\.onboard/ }).waitFor()
})

test('signing out ends the session for good, everywhere else too when asked', async () => {
  const { page, context } = await visit()
  await signInAs(page, emailOf('support'), '/account')
  const cookies = await context.cookies()
  await page.getByRole('button', { name: /roles-support@example\.com, support: account and settings/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL('**/sign-in')
  await context.addCookies(cookies)
  await page.goto('/tenants')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
})

test('a wrong password is said to be wrong ten times, and then one has to wait', async () => {
  const { page, context } = await visit()
  await context.setExtraHTTPHeaders({ 'x-forwarded-for': '203.0.113.9' })
  await page.goto('/sign-in')
  const refused = page.getByRole('alert')
  for (let attempt = 1; attempt <= 10; attempt++) {
    await fillSignIn(page, 'roles-guessed@example.com', `guess number ${attempt}`)
    // The button says so while an answer is on its way.
    await refused.waitFor()
    await page.getByRole('button', { name: 'Sign in', disabled: false }).waitFor()
  }
  await refused.getByText('The e-mail address or the password is wrong.').waitFor()
  await fillSignIn(page, 'roles-guessed@example.com', 'guess number 11')
  await refused.getByText('Too many attempts to sign in.').waitFor()
  await refused.getByText(/^Wait \d+ seconds and try again\.$/).waitFor()
  await fillSignIn(page, emailOf('support'), passwordOfAll)
  await page.waitForURL((url) => url.pathname === '/')
})
