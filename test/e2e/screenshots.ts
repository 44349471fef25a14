/**
 * `npm run screenshots [-- FOLDER]`: every page at 1440 and at 390, light and dark, of a console of its own with the demo fleet on which a rollout has run;
 * and those that the README shows, into docs/screenshots. Nothing on them is made up.
 */
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { nextFreePort } from '../../lib/embedded/ports.ts'
import { projectRoot } from '../../lib/root.ts'
import { openVisitor, takePictures } from '../support/browser.ts'
import { makeFolder } from '../support/folder.ts'
import { redeem } from '../support/signing-in.ts'
import { startConsole } from '../support/start-console.ts'

const folder = process.argv[2] ?? '/tmp/tenantry-screenshots'
const forReadme = join(projectRoot, 'docs', 'screenshots')
mkdirSync(forReadme, { recursive: true })

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const show = async (page: Page, name: string, path: string, ready: string): Promise<void> => {
  await page.goto(path)
  await page.getByText(ready).first().waitFor()
  await page.evaluate(() => document.fonts.ready)
  await takePictures(page, folder, name)
  say(name)
}

/** One screen of it, as it stands there, for the README. */
const keep = async (page: Page, name: string): Promise<void> => {
  const path = join(forReadme, `${name}.png`)
  await page.screenshot({ path, animations: 'disabled' })
  say(`docs/screenshots/${name}.png  ${Math.round(statSync(path).size / 1024)} kB`)
}

const progressOf = (page: Page): Promise<number> => page.getByRole('progressbar', { name: 'Targets settled' }).getAttribute('aria-valuenow').then(Number)

const untilSettled = async (page: Page, targets: number): Promise<void> => {
  while ((await progressOf(page)) < targets) await page.waitForTimeout(20)
}

const beforeTheRollout = async (page: Page): Promise<void> => {
  await show(page, 'onboard-form', '/tenants/new', 'What will happen')
  await show(page, 'onboard-csv', '/tenants/new?by=csv', 'Columns:')
  await show(page, 'migrations', '/migrations', 'migrations, each an ordered directory')
  await show(page, 'set', '/migrations/app', 'How many have it')
  await show(page, 'migration', '/migrations/app?version=0012', 'Runs in one transaction')
  await show(page, 'databases', '/databases', 'Looked at')
  await show(page, 'people', '/people', 'Last seen')
  await show(page, 'account', '/account', 'this one')
  await page.goto('/databases')
  await page.getByRole('button', { name: 'Add a database' }).click()
  await takePictures(page, folder, 'databases-add')
  await show(page, 'rollout-plan', '/migrations/app/rollout', 'targets go to 0012')
  await keep(page, 'rollout-plan')
}

/** Started slowly, paused half-way for the pictures of a fleet in motion, then to its end with four failures. */
const theRollout = async (page: Page): Promise<string> => {
  await page.goto('/migrations/app/rollout')
  await page.getByLabel('At once on each server').fill('1')
  await page.getByRole('button', { name: /^Start: / }).click()
  await page.waitForURL(/\/runs\/\d+$/)
  const run = new URL(page.url()).pathname
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  await untilSettled(page, 70)
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText(/^Paused: /).waitFor()
  await takePictures(page, folder, 'run-paused')
  await show(page, 'fleet-half', '/', 'Runs in flight')
  await keep(page, 'fleet-light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await keep(page, 'fleet-dark')
  await page.emulateMedia({ colorScheme: 'light' })
  await show(page, 'tenants', '/tenants', '200 tenants')
  await page.goto(run)
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('tab', { name: /^Targets/ }).click()
  await page.mouse.move(700, 860)
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  await untilSettled(page, (await progressOf(page)) + 10)
  await page
    .getByRole('row', { name: /Running|Succeeded/ })
    .first()
    .waitFor()
  await keep(page, 'run-live')
  await page.getByText(/succeeded, 4 failed\.$/).waitFor({ timeout: 60_000 })
  return run
}

const afterTheRollout = async (page: Page, run: string): Promise<void> => {
  await show(page, 'run-failures', run, 'Rerun these 4')
  await page.getByText('all as recorded').waitFor()
  await keep(page, 'run-failures')
  await page
    .getByRole('region', { name: 'Tenants' })
    .or(page.locator('section'))
    .getByRole('button', { name: /^[a-z-]+$/ })
    .first()
    .click()
  await page
    .getByText(/^1 attempt|attempts$/)
    .first()
    .waitFor()
  await takePictures(page, folder, 'run-item')
  await show(page, 'run-targets', `${run}?tab=items`, 'abernathy-bakery')
  await show(page, 'run-plan', `${run}?tab=plan`, 'frozen with their checksums')
  await show(page, 'runs', '/runs', 'Each rollout')
  await show(page, 'fleet', '/', 'Finished lately')
  await show(page, 'drift', '/drift', 'As the migrations make it')
  await show(page, 'tenant', '/tenants/clearwater-bakery', 'Size of')
  await show(page, 'audit', '/audit', 'runs.start')
  await show(page, 'not-found', '/nowhere', 'There is no such page')
}

const theReports = async (page: Page): Promise<void> => {
  await page.goto('/reports')
  await page.getByRole('link', { name: 'Seats per tenant', exact: true }).first().click()
  await page.getByRole('button', { name: /^Run on \d+ tenants$/ }).click()
  await page.waitForURL(/\/reports\/runs\/\d+$/)
  await page.getByText(/^All 200 tenants answered/).waitFor()
  await takePictures(page, folder, 'report-rows')
  const run = new URL(page.url()).pathname
  await page.goto(`${run}?tab=chart`)
  await page.locator('figure canvas').waitFor()
  await takePictures(page, folder, 'report-chart')
  await keep(page, 'report')
  await show(page, 'report-combine', `${run}?tab=combine`, 'results join tenants')
  await show(page, 'reports', '/reports', 'Asked lately')
  await show(page, 'report-new', '/reports/new', 'One SELECT, written as if there were one tenant.')
  // The four that the rollout failed at lack the column.
  await page.getByRole('textbox', { name: 'SELECT of the report' }).focus()
  await page.locator('.cm-content').waitFor()
  await page.getByRole('textbox', { name: 'SELECT of the report' }).fill('select count(reminded_at) as reminded, count(*) as invoices from invoices')
  await page.getByText('One SELECT that may be asked.').waitFor()
  await page.getByRole('button', { name: /^Run on \d+ tenants$/ }).click()
  await page.waitForURL(/\/reports\/runs\/\d+$/)
  await page.getByText('In part').waitFor()
  await takePictures(page, folder, 'report-in-part')
}

const dataDir = makeFolder('screenshots')
const started = await startConsole({
  TENANTRY_DATA: dataDir,
  TENANTRY_SECRET: 'the secret of the console in the pictures',
  PORT: String(await nextFreePort(3_950)),
})
const visitor = await openVisitor({ baseUrl: started.address })
try {
  const { page } = visitor
  if (started.link === null) throw new Error('The console printed no sign-in link.')
  await show(page, 'sign-in', '/sign-in', 'Sign in')
  await show(page, 'welcome', started.link, 'Choose a password')
  await redeem(page, started.link)
  await page.getByRole('link', { name: '200 behind' }).waitFor()
  await show(page, 'fleet-before', '/', 'Needs attention')
  await beforeTheRollout(page)
  await afterTheRollout(page, await theRollout(page))
  await theReports(page)
} finally {
  await visitor.close()
  await started.end()
  rmSync(dataDir, { recursive: true, force: true })
}
