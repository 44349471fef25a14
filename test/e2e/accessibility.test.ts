/** axe finds nothing on any page, light or dark. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Page } from 'playwright-core'
import { migrationsDir } from '../../lib/connection.ts'
import type { Tenancy } from '../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { chunks } from '../../lib/tenancy/session/chunks.ts'
import { findViolations, openVisitor, type Visitor } from '../support/browser.ts'
import { cliActor, makePerson } from '../support/people.ts'
import { signInAs } from '../support/signing-in.ts'

const emailOf = (role: string): string => `axe-${role}@example.com`
let tenancy: Tenancy
let admin: Visitor
let welcome = ''
let failedRun = ''
let greenRun = ''

beforeAll(async () => {
  tenancy = createTenancy({ controlUrl: inject('controlUrl'), secret: inject('secret'), migrationsDir })
  await makePerson(tenancy, emailOf('admin'), 'admin')
  await makePerson(tenancy, emailOf('support'), 'support')
  welcome = `/welcome?token=${(await tenancy.people.invite(cliActor, { email: emailOf('invited'), name: '', role: 'support' })).token}`
  const rolledOut = async (state: 'failed' | 'succeeded') =>
    (await tenancy.runs.list({ state: [state], limit: 200 })).rows.find(({ kind }) => kind !== 'report')
  const [failed, green] = [await rolledOut('failed'), await rolledOut('succeeded')]
  failedRun = `/runs/${failed?.id}`
  greenRun = `/runs/${green?.id}`
  admin = await openVisitor({ baseUrl: inject('consoleUrl') })
  await signInAs(admin.page, emailOf('admin'), '/account')
})
afterAll(async () => {
  await admin.close()
  await tenancy.close()
})

type Stop = {
  readonly path: string
  /** Stands there once everything is drawn. */
  readonly text: string
  readonly open?: (page: Page) => Promise<void>
}

const press =
  (name: string) =>
  (page: Page): Promise<void> =>
    page.getByRole('button', { name, exact: true }).first().click()

/** Of a rollout's start: the fields, and the JSON below them. */
const openDetails = async (page: Page): Promise<void> => {
  const details = page.getByRole('row').filter({ hasText: 'runs.start' }).first().getByRole('group')
  await details.first().locator('summary').first().click()
  await details.getByText('Raw JSON').click()
}

const beforeSigningIn = (): readonly Stop[] => [
  { path: '/sign-in', text: 'Ask an admin for a link' },
  { path: welcome, text: 'Choose a password' },
  { path: '/welcome?token=made-up', text: 'This link is not one of ours.' },
]

const asAdmin = (): readonly Stop[] => [
  { path: '/', text: 'Finished lately' },
  { path: '/', text: 'Targets by database and version state', open: press('Show as table') },
  { path: '/', text: 'Switch between', open: (page) => page.keyboard.press('Control+k') },
  { path: '/', text: 'In a list', open: (page) => page.keyboard.press('?') },
  { path: '/tenants', text: 'Baltic Bakery' },
  { path: '/tenants', text: '1 tenant selected', open: (page) => page.getByRole('checkbox', { name: 'Select ahrens-roofing' }).click() },
  { path: '/tenants/baltic-bakery', text: 'Size of' },
  { path: '/tenants/new', text: 'What will happen' },
  { path: '/tenants/new?by=csv', text: 'Columns:' },
  { path: '/migrations', text: 'New tenants go to' },
  { path: '/migrations', text: 'Database for new tenants', open: press('Add a set') },
  { path: '/migrations/app', text: 'How many have it' },
  { path: '/migrations/app?version=0012', text: 'Runs in one transaction' },
  { path: '/migrations/app/rollout', text: 'No target needs anything.' },
  { path: '/runs', text: 'Started by' },
  { path: failedRun, text: 'rows that break a check' },
  { path: `${failedRun}?item=baltic-bakery`, text: 'Attempt 1: failed' },
  { path: `${failedRun}?tab=items`, text: 'baltic-bakery' },
  { path: `${failedRun}?tab=plan`, text: 'frozen with their checksums' },
  { path: greenRun, text: 'none failed' },
  { path: '/reports', text: 'Seats per tenant' },
  { path: '/reports/new', text: 'One SELECT, written as if there were one tenant.' },
  { path: '/databases', text: 'Reachable' },
  { path: '/databases', text: 'Kept encrypted', open: press('Add a database') },
  { path: '/people', text: emailOf('admin') },
  { path: '/audit', text: '"digest":', open: openDetails },
  { path: '/account', text: 'this one' },
  { path: '/nowhere', text: 'There is no such page' },
]

const walk = async (page: Page, stops: readonly Stop[]): Promise<readonly string[]> => {
  const found: string[] = []
  for (const { path, text, open } of stops) {
    await page.goto(path)
    if (open) {
      // Buttons and keys work once the page is live.
      await page.getByText('Live', { exact: true }).waitFor()
      await open(page)
    }
    await page.getByText(text).first().waitFor()
    await page.emulateMedia({ colorScheme: 'light' })
    const violations = await findViolations(page)
    await page.emulateMedia({ colorScheme: 'dark' })
    const inDark = await findViolations(page, 'colours')
    found.push(...violations.map((violation) => `${path}: ${violation}`), ...inDark.map((violation) => `${path}, dark: ${violation}`))
  }
  return found
}

const walkAs = async (role: 'support' | null, stops: readonly Stop[]): Promise<readonly string[]> => {
  const visitor = await openVisitor({ baseUrl: inject('consoleUrl') })
  try {
    if (role !== null) await signInAs(visitor.page, emailOf(role), '/account')
    return await walk(visitor.page, stops)
  } finally {
    await visitor.close()
  }
}

test('at the door, and where one may not go, axe finds nothing', async () => {
  expect(await walkAs(null, beforeSigningIn())).toEqual([])
  expect(await walkAs('support', [{ path: '/people', text: 'Your role may not open this page' }])).toEqual([])
})

/** Few enough that the slowest machine walks them in the time that a test has. */
const stopsOfAWalk = 4
const walks = chunks([...asAdmin().entries()], stopsOfAWalk).map((walk) => ({
  indexes: walk.map(([index]) => index),
  texts: walk.map(([, { text }]) => text).join(' · '),
}))

// Two pages of one browser share the work.
test.concurrent.each(walks)('on the pages with $texts, axe finds nothing', async ({ indexes }) => {
  const stops = asAdmin()
  const mine = indexes.flatMap((index) => stops[index] ?? [])
  expect(mine).toHaveLength(indexes.length)
  const page = await admin.context.newPage()
  expect(await walk(page, mine)).toEqual([])
  await page.close()
})
