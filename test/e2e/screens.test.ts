/** Dark as well as light, on a phone as well as on a desk. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Page } from 'playwright-core'
import { repairDemoData } from '../../lib/demo/repair.ts'
import { migrationsDir } from '../../lib/connection.ts'
import type { Tenancy } from '../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { openVisitor, type Visitor } from '../support/browser.ts'
import { makeFailedRun } from '../support/failed-run.ts'
import { makePerson } from '../support/people.ts'
import { signInAs } from '../support/signing-in.ts'

const email = 'screens@example.com'
const adminEmail = 'screens-admin@example.com'
let tenancy: Tenancy
let failedRun = ''
const visitors: Visitor[] = []

beforeAll(async () => {
  tenancy = createTenancy({ controlUrl: inject('controlUrl'), secret: inject('secret'), migrationsDir })
  await makePerson(tenancy, email, 'operator')
  await makePerson(tenancy, adminEmail, 'admin')
  failedRun = await makeFailedRun(tenancy, inject('controlUrl'))
})
afterAll(async () => {
  for (const visitor of visitors) await visitor.close()
  await tenancy.close()
})

const visit = async (width: 'wide' | 'narrow'): Promise<Visitor> => {
  const visitor = await openVisitor({ baseUrl: inject('consoleUrl'), width })
  visitors.push(visitor)
  return visitor
}

/** Brightness of the page behind everything, 0 to 255. */
const brightness = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const pen = document.createElement('canvas').getContext('2d')
    if (!pen) return Number.NaN
    pen.fillStyle = '#fff'
    pen.fillRect(0, 0, 1, 1)
    pen.fillStyle = getComputedStyle(document.documentElement).backgroundColor
    pen.fillRect(0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0] = pen.getImageData(0, 0, 1, 1).data
    return (red + green + blue) / 3
  })

test('the choice of dark holds over a reload and is there before anything is drawn', async () => {
  const { page, complaints } = await visit('wide')
  await signInAs(page, email, '/')
  expect(await brightness(page)).toBeGreaterThan(200)
  await page.getByRole('button', { name: 'Switch between light and dark' }).click()
  await expect.poll(() => brightness(page)).toBeLessThan(50)
  // The answer itself is dark: it is so even when no script comes.
  await page.route('**/*.js', (route) => route.abort())
  await page.reload()
  expect(await brightness(page)).toBeLessThan(50)
  await page.unroute('**/*.js')
  await page.reload()
  expect(await brightness(page)).toBeLessThan(50)
  await page.getByRole('button', { name: /operator: account and settings/ }).click()
  await page.getByRole('menuitemradio', { name: 'As the system' }).click()
  await expect.poll(() => brightness(page)).toBeGreaterThan(200)
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect.poll(() => brightness(page)).toBeLessThan(50)
  expect(complaints.filter((text) => !text.includes('net::ERR_FAILED'))).toEqual([])
})

/** How many pixels are hidden to the right of the screen. */
const tooWide = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const content = document.getElementById('content')
    const root = document.scrollingElement ?? document.documentElement
    return Math.max(root.scrollWidth - window.innerWidth, content ? content.scrollWidth - content.clientWidth : 0)
  })

test('at 390 pixels one can look at everything without scrolling sideways, and rerun what failed', async () => {
  const { page, complaints } = await visit('narrow')
  await signInAs(page, email, '/account')
  const pages: ReadonlyArray<readonly [path: string, text: string]> = [
    ['/', 'Fleet map'],
    ['/tenants', 'Baltic Bakery'],
    ['/tenants/baltic-bakery', 'Size of'],
    ['/migrations', 'At head'],
    ['/migrations/app', 'invoice_dates_in_order'],
    ['/migrations/app?version=0012', 'Runs in one transaction'],
    ['/databases', 'Reachable'],
    ['/people', 'Role'],
    ['/audit', 'runs.start'],
    ['/runs', 'Roll app out to 0012'],
    [`${failedRun}?tab=plan`, 'frozen with their checksums'],
    ['/nowhere', 'There is no such page'],
  ]
  for (const [path, text] of pages) {
    await page.goto(path)
    await page.getByText(text).first().waitFor()
    expect(await tooWide(page), path).toBe(0)
  }
  await page.getByRole('button', { name: 'Pages' }).click()
  await page.getByRole('dialog').getByRole('link', { name: 'Runs' }).click()
  await page
    .getByRole('row', { name: /4 failed/ })
    .first()
    .getByRole('link')
    .click()
  await page.getByRole('button', { name: 'Rerun these 4' }).waitFor()
  expect(await tooWide(page)).toBe(0)
  await page.getByRole('button', { name: 'baltic-bakery', exact: true }).click()
  const panel = page.getByRole('dialog', { name: 'baltic-bakery' })
  await panel.getByText('Attempt 1: failed').waitFor()
  expect(await tooWide(page)).toBe(0)
  await panel.getByRole('button', { name: 'Close' }).click()
  await repairDemoData(inject('controlUrl'))
  await page.getByRole('button', { name: 'Rerun these 4' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Start the rerun of 4' }).click()
  await page.waitForURL((url) => /^\/runs\/\d+$/.test(url.pathname) && url.pathname !== failedRun)
  await page.getByText('4 targets migrated, none failed.', { exact: true }).waitFor({ timeout: 30_000 })
  expect(complaints.filter((text) => !text.includes('404'))).toEqual([])
})

test('at 390 pixels no page of an admin is wider than the screen, and what scrolls by itself shows it', async () => {
  const { page } = await visit('narrow')
  await page.goto('/sign-in')
  expect(await tooWide(page), 'sign-in').toBe(0)
  await signInAs(page, adminEmail, '/account')
  const pages: ReadonlyArray<readonly [path: string, text: string]> = [
    ['/account', 'this one'],
    ['/', 'Fleet map'],
    ['/tenants', 'Baltic Bakery'],
    ['/tenants?q=nobody-is-called-so', '0 tenants match'],
    ['/tenants/baltic-bakery', 'Size of'],
    ['/tenants/new', 'What will happen'],
    ['/tenants/new?by=csv', 'Columns:'],
    ['/migrations', 'New tenants go to'],
    ['/migrations/app', 'invoice_dates_in_order'],
    ['/migrations/app/rollout', 'Roll'],
    ['/runs', 'Roll app out to 0012'],
    [failedRun, 'rows that break a check'],
    [`${failedRun}?tab=items`, 'baltic-bakery'],
    ['/databases', 'Reachable'],
    ['/people', 'people active'],
    ['/audit', 'Who did what'],
    ['/tenants/%00', 'There is no such page'],
    ['/welcome?token=made-up', 'This link is not one of ours.'],
  ]
  for (const [path, text] of pages) {
    await page.goto(path)
    await page.getByText(text).first().waitFor()
    expect(await tooWide(page), path).toBe(0)
  }
  await page.goto('/databases')
  const table = page.getByRole('region', { name: 'Databases' })
  const looks = await table.evaluate((region) => ({ hidden: region.scrollWidth - region.clientWidth, shadow: getComputedStyle(region).backgroundImage }))
  expect(looks.hidden).toBeGreaterThan(0)
  expect(looks.shadow).toContain('gradient')
})
