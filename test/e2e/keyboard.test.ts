/** A rollout from sign-in to its last target without a pointer. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Locator, Page } from 'playwright-core'
import { migrationsDir } from '../../lib/connection.ts'
import { isFinalRun, onboardInput, type Tenancy } from '../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { openVisitor, type Visitor } from '../support/browser.ts'
import { cliActor, makePerson, passwordOfAll } from '../support/people.ts'

const email = 'keyboard@example.com'
const set = 'notes'
const slugs = ['keys-one', 'keys-three', 'keys-two'] as const
let tenancy: Tenancy
let visitor: Visitor
let page: Page
let dir = ''

beforeAll(async () => {
  tenancy = createTenancy({ controlUrl: inject('controlUrl'), secret: inject('secret'), migrationsDir })
  await makePerson(tenancy, email, 'admin')
  dir = mkdtempSync(join(tmpdir(), 'tenantry-notes-'))
  writeFileSync(join(dir, '0001_notes.sql'), 'create table note (id bigint primary key, body text not null);\n')
  await tenancy.sets.sync(cliActor, { name: set, dir, database: 'us-1' })
  const { run } = await tenancy.onboarding.start(cliActor, onboardInput.parse({ set, tenants: slugs.map((slug) => ({ slug })) }))
  while (!isFinalRun((await tenancy.runs.get(run)).state)) await sleep(100)
  writeFileSync(join(dir, '0002_read.sql'), 'alter table note add column read_at timestamptz;\n')
  await tenancy.sets.sync(cliActor, { name: set, dir })
  visitor = await openVisitor({ baseUrl: inject('consoleUrl') })
  page = visitor.page
})
afterAll(async () => {
  await visitor.close()
  await tenancy.close()
  rmSync(dir, { recursive: true, force: true })
})

const isFocused = (locator: Locator): Promise<boolean> => locator.evaluate((element) => element === document.activeElement)

/** What has the focus, when nothing on the screen shows that it has. */
const hiddenFocus = (): Promise<string | null> =>
  page.evaluate(() => {
    const element = document.activeElement
    if (!(element instanceof HTMLElement) || element === document.body) return null
    const rings = [null, '::before'].map((part) => getComputedStyle(element, part))
    const shows = rings.some(({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0)
    return shows ? null : element.outerHTML.slice(0, 120)
  })

/** Presses Tab until it is there, and looks at each stop whether one can see where one is. */
const tabTo = async (locator: Locator): Promise<void> => {
  await locator.waitFor()
  for (let presses = 0; presses < 60; presses++) {
    if (await isFocused(locator)) return
    await page.keyboard.press('Tab')
    expect(await hiddenFocus()).toBeNull()
  }
  throw new Error(`Tab does not lead to ${String(locator)}`)
}

test('signing in, and jumping to a page', async () => {
  await page.goto('/sign-in')
  await expect.poll(() => isFocused(page.getByLabel('E-mail address'))).toBe(true)
  await page.keyboard.type(email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(passwordOfAll)
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname === '/')
  await page.getByText('Live', { exact: true }).waitFor()

  await page.keyboard.press('Tab')
  expect(await isFocused(page.getByRole('link', { name: 'Skip to content' }))).toBe(true)
  await page.keyboard.press('Enter')
  expect(await isFocused(page.getByRole('main'))).toBe(true)

  const bar = page.getByRole('dialog', { name: 'Jump to a tenant, run, page or action' })
  await page.keyboard.press('Control+k')
  await bar.waitFor()
  await page.keyboard.press('Escape')
  await bar.waitFor({ state: 'hidden' })
  await page.keyboard.press('Meta+k')
  await bar.waitFor()
  await page.keyboard.type('migr')
  await bar.getByRole('option', { name: /^Migrations/, selected: true }).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL('**/migrations')
})

test('a rollout from its plan to its last target, and back to where one was', async () => {
  await tabTo(page.getByRole('link', { name: set, exact: true }))
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/migrations/${set}`)
  await tabTo(page.getByRole('link', { name: 'Roll out…' }))
  await page.keyboard.press('Enter')
  await page.getByText('3 targets go to 0002 in 3 steps, in 1 database.').waitFor()
  await tabTo(page.getByLabel('Why'))
  await page.keyboard.type('Without a pointer')
  await tabTo(page.getByRole('button', { name: 'Start: 3 to 0002' }))
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/runs\/\d+$/)
  await page.getByText('3 targets migrated, none failed.').waitFor({ timeout: 30_000 })

  await tabTo(page.getByRole('tab', { name: /^Targets/ }))
  await page.keyboard.press('ArrowRight')
  await page.getByText('frozen with their checksums').waitFor()
  await page.keyboard.press('ArrowLeft')
  const rows = slugs.map((slug) => page.getByRole('row', { name: slug }))
  const [first, second] = rows
  if (!first || !second) throw new Error('There are no rows.')
  await tabTo(first)
  await page.keyboard.press('ArrowDown')
  await expect.poll(() => isFocused(second)).toBe(true)
  await page.keyboard.press('Enter')
  const panel = page.getByRole('dialog', { name: slugs[1] })
  await panel.getByText('Attempt 1: succeeded').waitFor()
  await expect.poll(() => panel.evaluate((element) => element.contains(document.activeElement))).toBe(true)
  await page.keyboard.press('k')
  await page.getByRole('dialog', { name: slugs[0] }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await expect.poll(() => page.evaluate(() => document.activeElement?.closest('[role="grid"]') !== null)).toBe(true)
})

test('a dialog keeps the focus inside and gives it back', async () => {
  await page.keyboard.press('g')
  await page.keyboard.press('p')
  await page.waitForURL('**/people')
  const invite = page.getByRole('button', { name: 'Invite a person' })
  await tabTo(invite)
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Invite a person' })
  await dialog.waitFor()
  expect(await isFocused(dialog.getByLabel('E-mail address'))).toBe(true)
  for (let presses = 0; presses < 12; presses++) {
    await page.keyboard.press(presses < 6 ? 'Tab' : 'Shift+Tab')
    expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true)
  }
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await expect.poll(() => isFocused(invite)).toBe(true)
  expect(visitor.complaints).toEqual([])
})
