/** An admin's first hour: in by the link, tenants onboarded, a migration rolled out, its failures understood, mended and tried again. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Page } from 'playwright-core'
import { openVisitor, type Visitor } from '../support/browser.ts'
import { openRelay, type Relay } from '../support/relay.ts'
import { redeem } from '../support/signing-in.ts'

const broken = ['baltic-bakery', 'clearwater-bakery', 'nakamura-print', 'oakridge-roofing']
const held = 'hartmann-veterinary'

let relay: Relay
let admin: Visitor
let page: Page
beforeAll(async () => {
  relay = await openRelay(inject('consoleUrl'))
  admin = await openVisitor({ baseUrl: relay.address })
  page = admin.page
})
afterAll(async () => {
  await admin.close()
  await relay.close()
})

const sentence = (): Promise<string> => page.getByRole('heading', { level: 1 }).innerText()
const settled = (): Promise<number> => page.getByRole('progressbar', { name: 'Targets settled' }).getAttribute('aria-valuenow').then(Number)
const patiently = { timeout: 30_000, interval: 50 } as const

/** Numbers of the fleet map's table, all databases together, by column heading. */
const countsOfMap = async (): Promise<Readonly<Record<string, number>>> => {
  const table = page.getByRole('table', { name: 'Targets by database and version state' })
  if (!(await table.isVisible())) await page.getByRole('button', { name: 'Show as table' }).click()
  await table.waitFor()
  const headings = await table.getByRole('columnheader').allInnerTexts()
  const rows = await table.getByRole('row').all()
  const cells = await Promise.all(rows.slice(1).map((row) => row.locator('th, td').allInnerTexts()))
  const sum = (column: number): number => cells.reduce((total, row) => total + Number(row[column]), 0)
  return Object.fromEntries(headings.flatMap((heading, column) => (column < 2 ? [] : [[heading, sum(column)]])))
}

const startedRun = async (): Promise<string> => {
  await page.waitForURL(/\/runs\/\d+$/)
  return new URL(page.url()).pathname
}

const isOver = (words: string): Promise<void> => page.getByText(words, { exact: true }).waitFor({ timeout: 60_000 })

test('the link of the first start sets a password and leads to the fleet’s sentence', async () => {
  const link = new URL(inject('firstLink'))
  await redeem(page, `${link.pathname}${link.search}`)
  await expect.poll(sentence).toBe('200 tenants: 0 at head, 200 behind, 0 failed, 0 unreachable.')
  expect(await countsOfMap()).toEqual({ Targets: 200, Behind: 200 })
  await page.getByText('Live', { exact: true }).waitFor()
})

test('one tenant by the form: its slug is proposed, and one that may not be had is said so before anything is sent', async () => {
  await page.getByRole('link', { name: 'Tenants', exact: true }).click()
  await page.getByRole('link', { name: 'Onboard', exact: true }).click()
  // Nothing that is pasted is cut: what is too long is said to be so.
  await page.getByLabel('Name', { exact: true }).fill('a'.repeat(121))
  await page.getByLabel('Slug').fill('long')
  await page.getByRole('button', { name: /^Onboard / }).click()
  await page.getByText('must be at most 120 characters').waitFor()
  await page.goto('/tenants/new')
  await page.getByLabel('Name', { exact: true }).fill('Größer & Söhne')
  const slug = page.getByLabel('Slug')
  await expect.poll(() => slug.inputValue()).toBe('grosser-sohne')
  await page.getByText('free', { exact: true }).waitFor()
  await slug.fill('baltic-bakery')
  await page.getByText('“baltic-bakery” is taken; choose another one.').waitFor()
  await slug.fill('admin')
  await page.getByText('“admin” is a reserved name; choose another one.').waitFor()
  await page.getByRole('button', { name: 'Onboard the tenant' }).click()
  expect(new URL(page.url()).pathname).toBe('/tenants/new')
  await slug.fill('groesser')
  await page.getByText('free', { exact: true }).waitFor()
  await page.getByText('schema tenant_groesser in database eu-1').waitFor()
  await page.getByText('The schema exists already').click()
  const schema = page.getByRole('textbox', { name: /^Schema/ })
  let sent = 0
  page.on('request', (request) => {
    if (request.method() === 'POST' && new URL(request.url()).pathname === '/tenants/new') sent += 1
  })
  await schema.fill('tenant_abernathy_bakery')
  await page.getByText('“tenant_abernathy_bakery” in database “eu-1” belongs to tenant “abernathy-bakery”.').waitFor()
  const askedAgain = page.waitForResponse(/check-onboarding/)
  await page.getByRole('button', { name: 'Onboard groesser' }).click()
  await askedAgain
  await schema.fill('')
  await page.getByText('belongs to tenant').waitFor({ state: 'hidden' })
  await page.getByRole('button', { name: 'Onboard groesser' }).click()
  await startedRun()
  // What was in the way was never sent.
  expect(sent).toBe(1)
  await isOver('1 tenant onboarded, none failed.')
})

const rowsOfFifty = Array.from({ length: 50 }, (_, index) => {
  const number = String(index + 1).padStart(2, '0')
  return `branch-${number},Branch ${number},branch-${number}.example.com,plan=pro;region=${index % 2 === 0 ? 'eu' : 'us'},${index % 2 === 0 ? 'eu-1' : 'us-1'}`
})
const csvOf = (rows: readonly string[]): { name: string; mimeType: string; buffer: Buffer } => ({
  name: 'branches.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(['slug,name,hosts,labels,database', ...rows].join('\n')),
})

test('fifty tenants from a CSV file, after one whose lines had problems', async () => {
  await page.goto('/tenants/new')
  await page.getByRole('tab', { name: 'Many, from a CSV file' }).click()
  const file = page.getByLabel('CSV file of tenants')
  await file.setInputFiles(csvOf([...rowsOfFifty.slice(0, 3), 'Not A Slug,X,,,', 'branch-02,Twice,,,', 'fine,Fine,,plan,eu-1']))
  await page.getByText('branches.csv: 3 problems: nothing is onboarded before they are mended in the file.').waitFor()
  const problems = page.getByRole('region', { name: 'What the file holds' }).getByRole('row')
  const lines = await problems.allInnerTexts()
  expect(lines.slice(1).map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
    ['5', 'slug'],
    ['6', 'slug'],
    ['7', 'labels'],
  ])
  expect(lines[2]).toContain('“branch-02” is there already in line 3')
  expect(await page.getByRole('button', { name: /^Onboard \d/ }).count()).toBe(0)

  await file.setInputFiles(csvOf(rowsOfFifty))
  await page.getByText('branches.csv: 50 tenants, no problems found.').waitFor()
  await page.getByRole('cell', { name: 'plan=pro region=us' }).first().waitFor()
  await page.getByRole('button', { name: 'Onboard 50 tenants' }).click()
  await startedRun()
  await isOver('50 tenants onboarded, none failed.')
  await page.getByRole('link', { name: 'Fleet', exact: true }).click()
  await expect.poll(sentence, patiently).toBe('251 tenants: 51 at head, 200 behind, 0 failed, 0 unreachable.')
})

let failedRun = ''

test('the newest migration goes out while one watches: it moves by itself, through a reload and a lost connection', async () => {
  await page.getByRole('link', { name: 'Migrations', exact: true }).click()
  await page.getByRole('link', { name: 'app', exact: true }).click()
  await page.getByRole('link', { name: 'Roll out…' }).click()
  await page.getByText('200 targets go to 0012 in 242 steps, in 2 databases.').waitFor()
  await page.getByText('51').first().waitFor()
  await page.getByText('at that version already').waitFor()
  await page.getByLabel('At once on each server').fill('1')
  await page.getByLabel('Why').fill('Invoice dates in order')
  await page.getByRole('button', { name: 'Start: 200 to 0012' }).click()
  failedRun = await startedRun()

  const began = await settled()
  await expect.poll(settled, patiently).toBeGreaterThan(began + 5)
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText(/^Paused: \d+ targets wait/).waitFor()
  const before = await settled()
  await page.reload()
  await page.getByText(/^Paused: \d+ targets wait/).waitFor()
  const paused = await settled()
  expect(paused).toBeGreaterThanOrEqual(before)
  expect(paused).toBeLessThan(200)

  await page.getByText('Live', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Resume' }).click()
  await expect.poll(settled, patiently).toBeGreaterThan(paused)
  relay.drop()
  await page.getByText('Not live', { exact: true }).waitFor()
  const lost = await settled()
  await page.getByText('Live', { exact: true }).waitFor()
  await expect.poll(settled, patiently).toBeGreaterThan(lost)
  await isOver('196 of 200 targets succeeded, 4 failed.')
})

test('one item was tried again by itself, and four failed for one reason, with the query that shows the rows', async () => {
  await page.getByText('1 target needed another attempt').waitFor()
  await page.getByRole('heading', { name: '4 tenants: rows that break a check' }).waitFor()
  await page.getByText('check constraint "invoices_due_after_issue" of relation "invoices" is violated by some row').waitFor()
  await page.getByText('SELECT * FROM "tenant_baltic_bakery"."invoices" WHERE NOT (due_on >= issued_on) LIMIT 50').waitFor()
  for (const slug of broken) await page.getByRole('button', { name: slug, exact: true }).waitFor()
  await page.getByText('Read back: 196 histories, all as recorded.').waitFor({ timeout: 30_000 })

  await page.getByRole('tab', { name: /^Targets/ }).click()
  const search = page.getByLabel('Search the targets')
  await search.focus()
  // As somebody types who stops to think: the list follows meanwhile, and the field stays where it is.
  await page.keyboard.type(held.slice(0, 1))
  await page.waitForURL((url) => url.searchParams.get('q') === held.slice(0, 1))
  await page.keyboard.type(held.slice(1))
  expect(await search.inputValue()).toBe(held)
  await page.getByRole('row', { name: new RegExp(held) }).click()
  const panel = page.getByRole('dialog', { name: held })
  // One more where the rest of the run was done before its table was free.
  await panel.getByText(/^Attempt [2-9]: succeeded$/).waitFor()
  await panel.getByText('Attempt 1: failed').waitFor()
  await panel
    .getByText(/^SQLSTATE 55P03/)
    .first()
    .waitFor()
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'hidden' })
})

test('the demo’s rows are repaired, “rerun these” makes it green, and map and sentence say the same', async () => {
  await page.goto(failedRun)
  await page.getByRole('button', { name: 'Repair demo data' }).click()
  await page.getByText(/^\d+ invoices of 4 tenants are put right\./).waitFor()
  await page.getByRole('button', { name: 'Rerun these 4' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Start the rerun of 4' }).click()
  await page.waitForURL((url) => /^\/runs\/\d+$/.test(url.pathname) && url.pathname !== failedRun)
  await isOver('4 targets migrated, none failed.')
  await page.getByText('rerun of').waitFor()

  await page.getByRole('link', { name: 'Fleet', exact: true }).click()
  await expect.poll(sentence, patiently).toBe('251 tenants: 251 at head, 0 behind, 0 failed, 0 unreachable.')
  await expect.poll(countsOfMap, patiently).toEqual({ Targets: 251, 'At head': 251 })
  await page.getByText('Nothing needs attention.').waitFor()
  const ownFaults = admin.complaints.filter((text) => !text.includes('net::ERR_'))
  expect(ownFaults).toEqual([])
})
