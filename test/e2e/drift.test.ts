/** Three tenants are changed by hand in three ways: three shapes, told apart, explained, and one of them accepted. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { migrationsDir } from '../../lib/connection.ts'
import { urlBeside, withSql } from '../../lib/demo/setting.ts'
import { onboardInput, startReportInput, startRunInput, type Tenancy } from '../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { quoteIdent } from '../../lib/tenancy/sql/ident.ts'
import { findViolations, openVisitor, widths, type Visitor } from '../support/browser.ts'
import { ended } from '../support/failed-run.ts'
import { cliActor, makePerson } from '../support/people.ts'
import { signInAs } from '../support/signing-in.ts'

const set = 'rooms'
const email = 'drift@example.com'
const supportEmail = 'drift-support@example.com'
const slugs = ['rooms-anna', 'rooms-bert', 'rooms-cleo', 'rooms-dana', 'rooms-emil']
const migration = `create table bookings (id bigint generated always as identity primary key, room text not null, nights integer not null default 1);
create index bookings_room_idx on bookings (room);`
const byHand: Readonly<Record<string, (schema: string) => string>> = {
  'rooms-anna': (schema) => `drop index ${schema}.bookings_room_idx`,
  'rooms-bert': (schema) => `alter table ${schema}.bookings add column remark text`,
  'rooms-cleo': (schema) => `alter table ${schema}.bookings alter column room drop not null`,
}
const missing = 'Index bookings_room_idx of bookings is missing.'
const dir = mkdtempSync(join(tmpdir(), 'tenantry-drift-'))
let tenancy: Tenancy
let admin: Visitor

beforeAll(async () => {
  tenancy = createTenancy({ controlUrl: inject('controlUrl'), secret: inject('secret'), migrationsDir })
  await makePerson(tenancy, email, 'admin')
  await makePerson(tenancy, supportEmail, 'support')
  const [database] = await tenancy.databases.list()
  if (!database) throw new Error('the demo has no database')
  writeFileSync(join(dir, '0001_bookings.sql'), migration)
  await tenancy.sets.sync(cliActor, { name: set, dir, database: database.name })
  await ended(tenancy, (await tenancy.onboarding.start(cliActor, onboardInput.parse({ set, tenants: slugs.map((slug) => ({ slug })) }))).run)
  await withSql(urlBeside(inject('controlUrl'), database.dbname), async (sql) => {
    for (const [slug, change] of Object.entries(byHand)) {
      const [placement] = (await tenancy.tenants.get(slug)).placements
      await sql.unsafe(change(quoteIdent(placement?.schema ?? ''))).simple()
    }
  })
  admin = await openVisitor({ baseUrl: inject('consoleUrl') })
})
afterAll(async () => {
  await admin.close()
  await tenancy.close()
  rmSync(dir, { recursive: true, force: true })
})

const rowOf = (page: Page, text: string) =>
  page
    .getByRole('table', { name: new RegExp(`^Shapes of ${set}`) })
    .getByRole('row')
    .filter({ hasText: text })

/** How many pixels are hidden to the right of the screen. */
const tooWide = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const content = document.getElementById('content')
    return content ? content.scrollWidth - content.clientWidth : Number.NaN
  })

/** What axe finds in light and in dark; fails where a telephone cannot show all of it. */
const faultsOf = async (page: Page): Promise<readonly unknown[]> => {
  const light = await findViolations(page)
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await findViolations(page, 'colours')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize(widths.narrow)
  // A map is drawn anew once its width is known, in a frame of its own.
  await expect.poll(() => tooWide(page), { message: 'pixels hidden to the right on a telephone' }).toBe(0)
  await page.setViewportSize(widths.wide)
  return [...light, ...dark]
}

test('three changes by hand are three shapes beside the norm, each with what differs', async () => {
  const { page } = admin
  await signInAs(page, email, `/drift/${set}`)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.getByRole('button', { name: /^Look (again|at all structures)$/ }).click()
  await page.getByRole('link', { name: '3 drifted in 3 shapes' }).waitFor({ timeout: 60_000 })
  await rowOf(page, 'As the migrations make it.')
    .getByRole('link', { name: /^2 tenants of Norm/ })
    .waitFor()
  for (const [slug, sentence] of [
    ['rooms-anna', missing],
    ['rooms-bert', 'Column remark of bookings was added outside of its migrations.'],
    ['rooms-cleo', 'Column room of bookings allows null.'],
  ] as const)
    await rowOf(page, slug).filter({ hasText: sentence }).filter({ hasText: 'outside Tenantry' }).waitFor()
  // What drifted stands above what is as it should be.
  expect(await rowOf(page, '').last().innerText()).toContain('As the migrations make it.')
  expect(await faultsOf(page)).toEqual([])
})

test('a shape shows what is expected and what is there, both as SQL, and what leads back', async () => {
  const { page } = admin
  await page.getByRole('link', { name: 'Norm', exact: true }).focus()
  const wanted = page.getByRole('row').filter({ hasText: missing }).locator('a[data-shape]:focus')
  // By k from row to row until the one that is looked for.
  for (let row = 0; row < 3 && (await wanted.count()) === 0; row += 1) await page.keyboard.press('k')
  expect(await wanted.count()).toBe(1)
  await page.keyboard.press('Enter')
  await page.getByText('1 tenant of rooms at 0001 has 1 difference from the norm.').waitFor()
  await page
    .getByRole('navigation', { name: 'Breadcrumbs' })
    .getByText(/^Shape [B-D]$/)
    .waitFor()
  await page.getByRole('cell', { name: /^CREATE INDEX bookings_room_idx/ }).waitFor()
  expect(await faultsOf(page)).toEqual([])

  await page.getByRole('tab', { name: 'Side by side' }).click()
  const [norm, own] = [page.getByLabel('The norm as SQL'), page.getByLabel(/^Shape [B-D] as SQL$/)]
  await norm.getByText('bookings_room_idx').first().waitFor()
  await own.getByText('bookings').first().waitFor()
  expect(await own.getByText('bookings_room_idx').count()).toBe(0)
  expect(await faultsOf(page)).toEqual([])

  await page.getByRole('tab', { name: 'Repair' }).click()
  await page.getByText('1 statement leads back to the norm').waitFor()
  await page.getByText('SHARE on bookings').waitFor()
  await page.getByRole('group', { name: 'Part 1 of the repair' }).getByText('bookings_room_idx').waitFor()
  expect(new URL(page.url()).search).toBe('?tab=repair')
  expect(await faultsOf(page)).toEqual([])
})

test('one difference is accepted with a reason, stays there greyed, and no longer counts', async () => {
  const { page } = admin
  await page.getByRole('tab', { name: /^Differences/ }).click()
  await page.getByRole('button', { name: `Accept: ${missing}` }).click()
  const asked = page.getByRole('dialog', { name: 'Accept this difference?' })
  await asked.getByLabel('Why').fill('Five bookings a year need no index.')
  await asked.getByLabel(/^Until/).fill('2020-01-01')
  await asked.getByText('Pick a later day: it would be over already.').waitFor()
  expect(await asked.getByRole('button', { name: 'Accept it' }).isDisabled()).toBe(true)
  await asked.getByLabel(/^Until/).fill('')
  await asked.getByRole('button', { name: 'Accept it' }).click()
  await page.getByText('“Five bookings a year need no index.”').waitFor()
  await page.getByRole('button', { name: `Take back: ${missing}` }).click()
  const back = page.getByRole('dialog', { name: 'Take this acceptance back?' })
  await back.getByText('No tenant is changed by this.').waitFor()
  expect(await faultsOf(page)).toEqual([])
  await back.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: `Take back: ${missing}` }).waitFor()
  await page.getByRole('navigation', { name: 'Breadcrumbs' }).getByRole('link', { name: set }).click()
  await page.getByRole('link', { name: '2 drifted in 2 shapes' }).waitFor()
  await page.getByRole('link', { name: '1 accepted' }).waitFor()
  await rowOf(page, missing).filter({ hasText: 'Accepted' }).waitFor()
  const [row] = (await tenancy.audit.list({ action: 'drift.accept', limit: 1 })).rows
  expect(row).toMatchObject({ actor: email, subject: set, details: { sentence: missing, reason: 'Five bookings a year need no index.' } })
})

test('tenants are filtered by a shape, and tell what differs; the fleet counts and colours them', async () => {
  const { page, complaints } = admin
  await rowOf(page, 'rooms-bert')
    .getByRole('link', { name: /^1 tenant of Shape/ })
    .click()
  await page.getByText('1 match', { exact: true }).waitFor()
  await page.getByRole('button', { name: /^Shape rooms 0001 · Shape [B-D]/ }).waitFor()
  await page.getByRole('link', { name: 'rooms-bert' }).first().click()
  await page.getByText('Column remark of bookings was added outside of its migrations.').waitFor()
  expect(await faultsOf(page)).toEqual([])

  await page.goto('/')
  await page.getByText('Live', { exact: true }).waitFor()
  await page.getByRole('link', { name: /tenants drifted in \d+ shapes$/ }).waitFor()
  await page.getByRole('group', { name: 'Colour by' }).getByRole('button', { name: 'Drift' }).click()
  await page
    .getByRole('listitem')
    .filter({ hasText: /^\d+ drifted$/ })
    .waitFor()
  await page.getByRole('button', { name: 'Show as table' }).click()
  await page.getByRole('table', { name: 'Targets by database and drift' }).getByRole('link').first().waitFor()
  expect(complaints).toEqual([])
})

test('a shape is tried on one tenant, repaired by a run, and gone; another is made a migration', async () => {
  const { page, complaints } = admin
  await page.goto(`/drift/${set}`)
  await rowOf(page, 'rooms-bert')
    .getByRole('link', { name: /^Shape / })
    .first()
    .click()
  await page.getByRole('tab', { name: 'As a migration' }).click()
  await page
    .getByText(/^0002_from_shape_[b-d]\.sql$/)
    .first()
    .waitFor()
  await page.getByText('ALTER TABLE bookings ADD COLUMN remark text;').waitFor()
  expect(await page.getByRole('link', { name: 'Download' }).getAttribute('download')).toMatch(/^0002_from_shape_[b-d]\.sql$/)
  expect(await faultsOf(page)).toEqual([])

  await page.goto(`/drift/${set}`)
  await rowOf(page, 'rooms-cleo')
    .getByRole('link', { name: /^Shape / })
    .first()
    .click()
  await page.getByRole('tab', { name: 'Repair' }).click()
  await page.getByRole('button', { name: 'Try on one tenant' }).click()
  await page.getByText('rooms-cleo is the norm afterwards. Everything was rolled back.').waitFor()
  await page.getByRole('button', { name: 'Repair its tenant…' }).click()
  const asked = page.getByRole('dialog', { name: 'Repair 1 tenant?' })
  await asked.getByText('Suspended tenants are left alone.').waitFor()
  await asked.getByLabel(/^Why/).fill('A hotfix of last night')
  expect(await faultsOf(page)).toEqual([])
  await asked.getByRole('button', { name: 'Start the repair' }).click()
  await page.getByRole('heading', { name: `Repair 1 target of ${set}` }).waitFor()
  await page.getByText('1 target repaired, none failed.').waitFor()
  await page.getByText(/^Read back: 1 /).waitFor()
  await page.getByRole('tab', { name: 'Plan' }).click()
  await page.getByText('ALTER TABLE bookings ALTER COLUMN room SET NOT NULL').waitFor()
  expect(await faultsOf(page)).toEqual([])

  // What was repaired is no target's any more; the run still leads to what it was.
  await page.getByRole('link', { name: /^shape [B-D]$/ }).click()
  await page.getByText(`0 targets of ${set} have this structure now.`).waitFor()
  await page.getByText(/^Last repaired by run \d+, succeeded /).waitFor()
  await page.getByRole('listitem').filter({ hasText: 'rooms-cleo' }).filter({ hasText: 'Norm' }).waitFor()
  expect(await faultsOf(page)).toEqual([])
  await page.getByRole('link', { name: `Shapes of ${set} now` }).click()
  await page.getByRole('link', { name: '1 drifted in 1 shape' }).waitFor()
  expect(complaints).toEqual([])
})

test('what is applied but different is told on the run’s page by what differs, and found in its table', async () => {
  const { page, complaints } = admin
  const [placement] = (await tenancy.tenants.get('rooms-dana')).placements
  const database = (await tenancy.databases.list()).find(({ name }) => name === placement?.database)
  const taken = `create index bookings_nights_idx on ${quoteIdent(placement?.schema ?? '')}.bookings (id)`
  // Somebody has taken the name that the next migration wants.
  await withSql(urlBeside(inject('controlUrl'), database?.dbname ?? ''), (sql) => sql.unsafe(taken))
  writeFileSync(join(dir, '0002_nights.sql'), 'create index if not exists bookings_nights_idx on bookings (nights);')
  await tenancy.sets.sync(cliActor, { name: set, dir })
  const selection = { kind: 'tenants', slugs: ['rooms-dana', 'rooms-emil'] } as const
  const { run } = await tenancy.runs.start(cliActor, startRunInput.parse({ set, selection }))
  await ended(tenancy, run)
  await page.goto(`/runs/${run}`)
  await page.getByRole('heading', { name: '1 target applied, but different' }).waitFor()
  await page.getByRole('listitem').filter({ hasText: 'bookings_nights_idx' }).filter({ hasText: 'rooms-dana' }).waitFor()
  expect(await faultsOf(page)).toEqual([])
  await page.getByRole('button', { name: 'Show it in the table of targets' }).click()
  await page
    .getByRole('status')
    .filter({ hasText: /^1 of 2 targets$/ })
    .waitFor()
  await page.getByRole('row').filter({ hasText: 'rooms-dana' }).filter({ hasText: 'Different' }).waitFor()
  expect(new URL(page.url()).searchParams.get('differs')).toBe('true')
  expect(await faultsOf(page)).toEqual([])
  expect(complaints).toEqual([])
})

test('a report tells which of them answered without all that was asked for', async () => {
  const { page, complaints } = admin
  const [placement] = (await tenancy.tenants.get('rooms-anna')).placements
  const database = (await tenancy.databases.list()).find(({ name }) => name === placement?.database)
  const rename = (from: string, to: string): Promise<unknown> =>
    withSql(urlBeside(inject('controlUrl'), database?.dbname ?? ''), (sql) =>
      sql.unsafe(`alter table ${quoteIdent(placement?.schema ?? '')}.bookings rename column ${from} to ${to}`),
    )
  const selection = { kind: 'tenants', slugs: ['rooms-anna', 'rooms-cleo'] } as const
  const asked = startReportInput.parse({ set, sql: 'select count(nights) as stays from bookings', missing: 'null', selection })
  await rename('nights', 'nights_away')
  try {
    await page.goto(`/reports/runs/${(await tenancy.reports.start(cliActor, asked)).run}`)
    await page.getByText('All 2 tenants answered').waitFor()
  } finally {
    await rename('nights_away', 'nights')
  }
  const filled = page.getByRole('region', { name: 'Tenants that answered without all that was asked for' })
  await filled.getByText('no column bookings.nights').waitFor()
  expect(await filled.getByRole('link').allInnerTexts()).toEqual(['rooms-anna'])
  expect(await faultsOf(page)).toEqual([])
  expect(complaints).toEqual([])
})

test('support reads all of it and is offered nothing to do; an address that is not understood says so', async () => {
  const support = await openVisitor({ baseUrl: inject('consoleUrl') })
  try {
    const { page } = support
    await signInAs(page, supportEmail, `/drift/${set}`)
    await rowOf(page, missing).waitFor()
    expect(await page.getByRole('button', { name: /^(Look|Change what rooms compares)/ }).count()).toBe(0)
    await rowOf(page, missing)
      .getByRole('link', { name: /^Shape / })
      .click()
    await page.getByText('“Five bookings a year need no index.”').waitFor()
    expect(await page.getByRole('button', { name: /^(Take back|Accept)/ }).count()).toBe(0)
    await page.getByRole('tab', { name: 'Repair' }).click()
    await page
      .getByText(/^Nothing here is repaired|statements? leads? back/)
      .first()
      .waitFor()
    expect(await page.getByRole('button', { name: /^(Try|Repair)/ }).count()).toBe(0)
    await page.goto(`${new URL(page.url()).pathname}?tab=none`)
    await page.getByRole('listitem').filter({ hasText: 'tab: “none” is none of findings, diff, repair, migration.' }).waitFor()
  } finally {
    await support.close()
  }
})
