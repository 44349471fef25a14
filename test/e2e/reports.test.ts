/** A report from its first word to its schedule: written, tried, asked of all with one tenant failing, asked again, combined, drawn, downloaded, kept. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { migrationsDir } from '../../lib/connection.ts'
import { readDemo, urlBeside } from '../../lib/demo/setting.ts'
import { savedReportContent, type Tenancy } from '../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { quoteIdent } from '../../lib/tenancy/sql/ident.ts'
import { findViolations, openVisitor, type Visitor } from '../support/browser.ts'
import { commandLine } from '../support/command-line.ts'
import { cliActor, makePerson } from '../support/people.ts'
import { signInAs } from '../support/signing-in.ts'

const email = 'reports@example.com'
const slug = 'abernathy-bakery'
let tenancy: Tenancy
let visitor: Visitor
let page: Page
let sql: postgres.Sql
let employees = ''

beforeAll(async () => {
  tenancy = createTenancy({ controlUrl: inject('controlUrl'), secret: inject('secret'), migrationsDir })
  await makePerson(tenancy, email, 'admin')
  if (!(await readDemo(inject('controlUrl')))) throw new Error('there is no demo here')
  const [placed] = (await tenancy.tenants.get(slug)).placements
  const database = (await tenancy.databases.list()).find(({ name }) => name === placed?.database)
  if (!placed || !database) throw new Error(`${slug} is nowhere`)
  sql = postgres(urlBeside(inject('controlUrl'), database.dbname), { max: 1, onnotice: () => undefined })
  employees = `${quoteIdent(placed.schema)}.employees`
  visitor = await openVisitor({ baseUrl: inject('consoleUrl') })
  page = visitor.page
})
afterAll(async () => {
  await sql.unsafe(`delete from ${employees} where email = 'nobody@broken.example'`)
  await sql.end()
  await visitor.close()
  await tenancy.close()
})

/** Whoever has exactly one address there divides by zero. */
const text = (table: string): string =>
  `-- :least integer = 1
select count(*) as seats, 100 / (count(*) filter (where email like '%@broken.example') - 1) as share
from ${table} having count(*) >= :least`

const write = async (sqlText: string): Promise<void> => {
  await page.getByRole('textbox', { name: 'SELECT of the report' }).focus()
  await page.locator('.cm-content').waitFor()
  await page.getByRole('textbox', { name: 'SELECT of the report' }).fill(sqlText)
}
const grid = () => page.getByRole('grid', { name: /^Rows of report/ })
const heading = (): Promise<string> => page.getByRole('heading', { level: 1 }).innerText()
const runInAddress = async (): Promise<number> => {
  await page.waitForURL(/\/reports\/runs\/\d+/)
  return Number(/\/runs\/(\d+)/.exec(page.url())?.[1])
}

let firstRun = 0

test('what is wrong is said while one writes, and where', async () => {
  await signInAs(page, email, '/reports')
  await page.getByRole('link', { name: 'Seats per tenant' }).first().waitFor()
  expect(await findViolations(page)).toEqual([])
  await page.getByRole('link', { name: 'New report' }).click()
  // Whoever begins to type before the editor is there loses no letter of it.
  await page.getByRole('textbox', { name: 'SELECT of the report' }).click()
  await page.keyboard.type('select 1 as one from employees where id / 2 > 3', { delay: 15 })
  await expect.poll(() => page.locator('.cm-content').innerText()).toBe('select 1 as one from employees where id / 2 > 3')
  // Columns are offered before their table is named, and names that the author makes up stay as they are typed.
  await write('')
  await page.keyboard.type('select total_c', { delay: 40 })
  await page.locator('.cm-tooltip-autocomplete li[aria-selected]', { hasText: 'total_cents' }).waitFor()
  await page.waitForTimeout(200)
  await page.keyboard.press('Enter')
  expect(await page.locator('.cm-content').innerText()).toBe('select total_cents')
  await write('')
  await page.keyboard.type('select count(*) as tot', { delay: 40 })
  await page.waitForTimeout(400)
  await page.keyboard.press('Enter')
  await page.keyboard.type('from invoices i', { delay: 40 })
  await page.waitForTimeout(400)
  await page.keyboard.press('Enter')
  await page.keyboard.type('where i.total_c', { delay: 40 })
  await page.locator('.cm-tooltip-autocomplete li', { hasText: 'total_cents' }).first().waitFor()
  expect(await page.locator('.cm-content').innerText()).toBe('select count(*) as tot\nfrom invoices i\nwhere i.total_c')
  // A word that is there in full is followed by a new line, and what stands in a comment is as it was typed.
  await write('')
  await page.keyboard.type('select total_cents', { delay: 40 })
  await page.locator('.cm-tooltip-autocomplete').waitFor()
  await page.waitForTimeout(200)
  await page.keyboard.press('Enter')
  await page.keyboard.type('from invoices -- all (of them', { delay: 40 })
  await page.keyboard.press('Enter')
  await page.keyboard.type('where total_cents > 1', { delay: 40 })
  expect(await page.locator('.cm-content').innerText()).toBe('select total_cents\nfrom invoices -- all (of them\nwhere total_cents > 1')
  await write('select count(*) as seats from employees; delete from employees')
  await page.getByRole('list', { name: /problem/ }).waitFor()
  await page.locator('.cm-lintRange-error').first().waitFor()
  expect(await findViolations(page)).toEqual([])
  await write(text('employeez'))
  await page.getByText('One SELECT that may be asked.').waitFor()
  expect(await page.getByLabel(':least').inputValue()).toBe('1')
})

test('it is tried on five tenants below its text, which survives a reload', async () => {
  const tryIt = page.getByRole('button', { name: 'Try on 5' })
  await tryIt.click()
  await page
    .getByText(/employeez.*does not exist/)
    .first()
    .waitFor()
  await write('select 1, 2 as two from employees')
  await tryIt.click()
  await page.getByText('Column 1 of the report has no name.').waitFor()
  await write(text('employees'))
  await tryIt.click()
  await page.getByText('All 5 tenants answered').waitFor()
  await page.getByText(/as different as there are among \d+/).waitFor()
  await grid().getByRole('link').nth(4).waitFor()
  await write(`${text('employees')} `)
  await page.getByText('of an earlier text').waitFor()
  await write(text('employees'))
  await page.getByRole('radiogroup', { name: 'Where a tenant lacks a column or table' }).getByText('Answer NULL', { exact: true }).click()
  await page.getByText('with tenants named that lack something').waitFor()
  expect(await page.getByRole('radiogroup', { name: 'Where a tenant lacks' }).getAttribute('aria-describedby')).not.toBeNull()
  expect(await findViolations(page)).toEqual([])
  await page.reload()
  await page.getByText('All 5 tenants answered').waitFor()
  expect(await page.getByRole('radio', { name: 'Answer NULL' }).isChecked()).toBe(true)
  await page.getByText('from employees having').first().waitFor()
})

test('all are asked; the one that fails is named with its reason', async () => {
  await sql.unsafe(`insert into ${employees} (full_name, email) values ('Nobody', 'nobody@broken.example')`)
  await page.getByRole('button', { name: /^Run on \d+ tenants$/ }).click()
  firstRun = await runInAddress()
  await page.getByText(/answered, 1 did not/).waitFor()
  await page.getByText('NULL or no rows for what a tenant lacks').waitFor()
  const silent = page.getByRole('region', { name: 'Tenants that did not answer' })
  await silent.getByText('division by zero').waitFor()
  expect(await silent.getByRole('link', { name: slug }).getAttribute('href')).toBe(`/tenants/${slug}`)
  await grid().getByRole('row').nth(3).waitFor()
  expect(await findViolations(page)).toEqual([])
})

test('rows that take long to read come all the same, and of a report that has ended nothing more is asked', async () => {
  const other = await openVisitor({ baseUrl: inject('consoleUrl') })
  try {
    const slow = other.page
    let brokenOff = 0
    slow.on('requestfailed', (request) => {
      if (request.url().includes('/rows?')) brokenOff += 1
    })
    await signInAs(slow, email, '/reports')
    await slow.goto('/reports/new')
    // Long enough that rows are read several times before its end.
    await slow.getByRole('textbox', { name: 'SELECT of the report' }).focus()
    await slow.locator('.cm-content').waitFor()
    await slow.getByRole('textbox', { name: 'SELECT of the report' }).fill('select count(*) as n from generate_series(1, 200000)')
    await slow.getByText('One SELECT that may be asked.').waitFor()
    await slow.route(/\/api\/reports\/runs\/\d+\/rows\?/, async (route) => {
      await sleep(1_500)
      await route.continue()
    })
    await slow.getByRole('button', { name: /^Run on \d+ tenants$/ }).click()
    await slow.getByText(/^All \d+ tenants answered/).waitFor()
    const run = Number(/\/runs\/(\d+)/.exec(slow.url())?.[1])
    const { rows } = await tenancy.reports.get(cliActor, run)
    const table = slow.getByRole('grid', { name: /^Rows of report/ })
    await expect.poll(() => table.getAttribute('aria-rowcount'), { timeout: 15_000 }).toBe(String(rows + 1))
    expect(brokenOff).toBe(0)
    // The last reads of the run, delayed, and what follows them.
    await sleep(5_000)
    const asked: string[] = []
    slow.on('request', (request) => asked.push(request.url()))
    await sleep(5_000)
    expect(asked.filter((url) => url.includes(`/runs/${run}`))).toEqual([])
    await slow.goto(`/runs/${run}`)
    await slow.getByRole('heading', { level: 1 }).waitFor()
    expect(await slow.getByText('have not been read back yet').count()).toBe(0)
  } finally {
    await other.close()
  }
})

test('rows are sorted, found and read by keyboard', async () => {
  await page.getByRole('button', { name: 'seats', exact: true }).click()
  await page.getByRole('button', { name: 'seats', exact: true }).click()
  await page.getByRole('columnheader', { name: 'seats' }).and(page.locator('[aria-sort="descending"]')).waitFor()
  await grid().focus()
  await page.keyboard.press('Control+End')
  await page.getByRole('region', { name: 'Value of share' }).waitFor()
  await page.getByLabel('Find in the rows').fill('ahrens')
  const found = page.getByText(/^\d+ rows found .* by seats downwards$/)
  await found.waitFor()
  // It outlives a look at the chart, and a reload.
  await page.getByRole('tab', { name: 'Chart' }).click()
  await page.getByRole('tab', { name: 'Rows' }).click()
  await found.waitFor()
  await page.reload()
  await found.waitFor()
  expect(await page.getByLabel('Find in the rows').inputValue()).toBe('ahrens')
  await page.getByLabel('Find in the rows').fill('')
  await found.waitFor({ state: 'detached' })
})

test('the rows are combined, drawn and downloaded', async () => {
  await page.getByRole('tab', { name: 'Combine' }).click()
  await page.getByRole('button', { name: 'Top ten' }).click()
  const combined = page.getByRole('grid', { name: /^Combined rows/ })
  await combined.getByRole('row').nth(10).waitFor()
  expect(await findViolations(page)).toEqual([])
  const [ten] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: /^Download combined rows as CSV/ }).click()])
  expect(
    readFileSync(await ten.path(), 'utf8')
      .trim()
      .split('\n'),
  ).toHaveLength(11)
  await page.getByRole('tab', { name: 'Chart' }).click()
  await page.locator('figure canvas').waitFor()
  await page.getByRole('tabpanel').getByLabel('Chart', { exact: true }).selectOption('distribution')
  await page.getByText('is the median of 10 tenants').waitFor()
  expect(page.url()).toContain('chart=distribution')
  await page.getByRole('button', { name: 'Show as table' }).click()
  await page.getByRole('table', { name: 'Tenants by seats' }).waitFor()
  expect(await findViolations(page)).toEqual([])

  await page.getByRole('button', { name: 'Download' }).click()
  const [csv] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /^CSV/ }).click()])
  expect(csv.suggestedFilename()).toMatch(new RegExp(`^tenantry-report-${firstRun}-.*\\.csv$`))
  const lines = readFileSync(await csv.path(), 'utf8')
    .trim()
    .split('\n')
  const { rows } = await tenancy.reports.get(cliActor, firstRun)
  expect([lines[0], lines.length]).toEqual(['tenant,seats,share', rows + 1])
  // The same from a terminal: what was found, and the same text asked anew.
  const terminal = commandLine(inject('controlUrl'), { TENANTRY_SECRET: inject('secret') })
  const kept = await terminal.run(['report', '--run', String(firstRun), '--format', 'csv'])
  expect([kept.code, kept.stdout.trim().split('\n')]).toEqual([1, lines])
  const anew = await terminal.run(['report', '-', '--format', 'csv'], text('employees'))
  expect([anew.code, anew.stdout.trim().split('\n').toSorted()]).toEqual([1, lines.toSorted()])
  await page.getByRole('button', { name: 'Download' }).click()
  const [xlsx] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /XLSX/ }).click()])
  expect(
    readFileSync(await xlsx.path())
      .subarray(0, 2)
      .toString(),
  ).toBe('PK')
})

test('the one that failed is asked again, and its answer comes to the others', async () => {
  await sql.unsafe(`delete from ${employees} where email = 'nobody@broken.example'`)
  await page.getByRole('button', { name: 'Ask that one again' }).click()
  await page.waitForURL((url) => /\/reports\/runs\/\d+$/.test(url.pathname) && !url.pathname.endsWith(`/${firstRun}`))
  await page.getByText(/^All \d+ tenants answered/).waitFor()
  await page.getByRole('link', { name: String(firstRun), exact: true }).waitFor()
  await page.getByLabel('Find in the rows').fill(slug)
  await grid().getByRole('link', { name: slug }).waitFor()
})

test('it is saved, scheduled, and one of its numbers stands on the page of the fleet', async () => {
  await page.goto('/reports/new')
  await write('select count(*) as seats from employees')
  await page.getByText('One SELECT that may be asked.').waitFor()
  await page.getByRole('button', { name: 'Save…' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('Seats of the test')
  await page.getByRole('button', { name: 'Save it' }).click()
  await page.waitForURL(/\/reports\/\d+$/)
  expect(await heading()).toBe('Seats of the test')

  // Somebody else saves first: nothing of either is lost, also over a reload.
  const id = Number(/\d+$/.exec(page.url())?.[0])
  const theirs = await tenancy.reports.saved.get(cliActor, id)
  await tenancy.reports.saved.change(cliActor, { ...savedReportContent.parse(theirs), sql: 'select 1 as theirs from employees', report: id, revision: 1 })
  await write('select count(*) as seats from employees where true')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('region', { name: 'Saved meanwhile' }).waitFor()
  await page.reload()
  await page.getByText('from employees where true').first().waitFor()
  expect(await findViolations(page)).toEqual([])
  await page.getByRole('button', { name: 'Save mine on top' }).click()
  await page.getByText('edit 3 by').waitFor()
  expect(await page.getByRole('region', { name: 'Saved meanwhile' }).count()).toBe(0)
  const mine = await tenancy.reports.saved.get(cliActor, id)
  expect(mine.sql).toContain('where true')

  // Once more, and now theirs is taken: the text, and what the next save is begun on. What the page read after its own save must not bring theirs already.
  await page.reload()
  await page.getByText('edit 3 by').waitFor()
  await page.waitForLoadState('networkidle')
  await tenancy.reports.saved.change(cliActor, {
    ...savedReportContent.parse(mine),
    sql: 'select count(*) as seats from employees where 1 = 1',
    report: id,
    revision: 3,
  })
  await write('select 2 as dropped from employees')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('button', { name: 'Drop mine, take edit 4' }).click()
  await page.getByText('from employees where 1 = 1').first().waitFor()
  expect(await page.getByRole('region', { name: 'Saved meanwhile' }).count()).toBe(0)
  await page.reload()
  await page.getByText('from employees where 1 = 1').first().waitFor()
  expect(await page.getByText('dropped').count()).toBe(0)
  await write('select count(*) as seats from employees where 2 = 2')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('edit 5 by').waitFor()

  await page.getByRole('button', { name: 'Schedule…' }).click()
  await page.getByLabel('How often').selectOption({ label: 'On Mondays at 6' })
  await page.getByLabel('Time zone').selectOption('Europe/Berlin')
  await page
    .getByRole('region', { name: 'Next times' })
    .getByText(/^Mon.*06:00$/)
    .nth(4)
    .waitFor()
  expect(await findViolations(page)).toEqual([])
  await page.getByRole('button', { name: 'Save the schedule' }).click()
  await page.getByText('Runs on Mondays at 06:00, Europe/Berlin').waitFor()

  await page.getByRole('button', { name: 'Add a figure…' }).click()
  await page.getByRole('textbox', { name: 'Name' }).fill('Seats in all')
  await page.getByLabel('Column', { exact: true }).fill('seats')
  await page.getByLabel('Alert').selectOption('above')
  await page.getByLabel('The line').fill('1')
  await page.getByRole('button', { name: 'Add the figure' }).click()
  await page.getByText('alerts above 1').waitFor()
  expect(await findViolations(page)).toEqual([])
  await page.getByRole('button', { name: /^Run on \d+ tenants$/ }).click()
  await runInAddress()
  await page.getByText(/^All \d+ tenants answered/).waitFor()
  await expect
    .poll(async () => {
      await page.goto('/')
      return page.getByText(/is above 1,/).count()
    })
    .toBe(1)
  const saved = (await tenancy.reports.saved.list(cliActor)).find(({ name }) => name === 'Seats of the test')
  for (const path of ['/reports', '/reports/new', `/reports/${saved?.id}`, `/reports/runs/${firstRun}`, `/reports/runs/${firstRun}?tab=chart`])
    expect((await page.goto(path))?.status(), path).toBe(200)
  expect(visitor.complaints).toEqual([])
})

test('support sees the reports that name it, and no others', async () => {
  const support = await openVisitor({ baseUrl: inject('consoleUrl') })
  try {
    await makePerson(tenancy, 'reports-support@example.com', 'support')
    await signInAs(support.page, 'reports-support@example.com', '/reports')
    await support.page.getByRole('link', { name: 'Seats per tenant' }).first().waitFor()
    expect(await support.page.getByRole('link', { name: 'Seats of the test' }).count()).toBe(0)
    expect(await support.page.getByRole('link', { name: 'New report' }).count()).toBe(0)
    await support.page.getByRole('link', { name: 'Hours logged last month by site' }).first().click()
    expect(await support.page.getByLabel(':back').inputValue()).toBe('1')
    expect(await support.page.getByRole('button', { name: 'Save' }).count()).toBe(0)
    // What becomes of tenants that lack something is told to whoever may not choose it.
    await support.page.getByText('Such a tenant is named with the reason').waitFor()
    expect(await support.page.getByRole('radio', { name: 'Answer NULL' }).count()).toBe(0)
    expect(await findViolations(support.page)).toEqual([])
    await support.page.getByRole('button', { name: /^Run on \d+ tenants$/ }).click()
    await support.page.waitForURL(/\/reports\/runs\/\d+/)
    await support.page.getByText(/^All \d+ tenants answered/).waitFor()
    // More rows than a page of them, of which the last one is read by itself.
    const rows = support.page.getByRole('grid', { name: /^Rows of report/ })
    await expect.poll(async () => Number(await rows.getAttribute('aria-rowcount'))).toBeGreaterThan(300)
    await rows.focus()
    await support.page.keyboard.press('Control+End')
    await rows
      .locator(`[aria-rowindex="${await rows.getAttribute('aria-rowcount')}"]`)
      .getByRole('link')
      .waitFor()
    await support.page.goto(`/reports/runs/${firstRun}`)
    await support.page.getByText('Your role may not open this page').waitFor()
  } finally {
    await support.close()
  }
})
