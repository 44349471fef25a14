/** What an address filters by is understood, or said to be wrong; never left out, which would show more than was asked for. */
import { expect, test } from 'vitest'
import { findViolations } from '../support/browser.ts'
import { useSignedIn } from '../support/signed-in.ts'

const signedIn = useSignedIn('filters', 'admin', '/audit')

test.each([
  ['/audit?from=notadate', 'from: “notadate” is not a day, such as 2026-02-28.'],
  ['/audit?before=-1', 'before: “-1” is not the number of a row, such as 120.'],
  ['/tenants?state=bogus', 'state: “bogus” is none of provisioning, active, suspended, archived.'],
  ['/tenants?versionState=behind&versionState=late', 'versionState: “late” is none of at_head, behind, ahead, diverged, unreachable.'],
  ['/tenants?failed=perhaps', 'failed: “perhaps” is neither true nor false.'],
  ['/runs?state=bogus', 'state: “bogus” is none of all, open, paused, failed, succeeded, cancelled.'],
  ['/runs/1?state=bogus', 'state: “bogus” is none of pending, running, succeeded, failed, skipped, interrupted, cancelled.'],
  ['/runs/1?tab=none', 'tab: “none” is none of failures, items, plan.'],
])('%s says what is not understood and lists nothing', async (path, sentence) => {
  const { page } = signedIn.visitor
  await page.goto(path)
  await page.getByText('A filter in the address is not understood').waitFor()
  await page.getByRole('listitem').filter({ hasText: sentence }).waitFor()
  expect(await page.getByRole('table').count()).toBe(0)
  expect(await findViolations(page)).toEqual([])
  await page.getByRole('link', { name: 'Show all without it' }).click()
  await page.getByRole('table').or(page.getByRole('grid')).first().waitFor()
})

test('the form’s empty fields and every tab of the runs are understood', async () => {
  const { page } = signedIn.visitor
  await page.goto('/audit?actor=&action=people.&subject=&from=&to=')
  await page.getByRole('cell', { name: 'people.redeem' }).first().waitFor()
  await page.goto('/runs')
  for (const tab of ['Open', 'Paused', 'Failed', 'Succeeded', 'Cancelled', 'All']) {
    await page.getByRole('navigation', { name: 'States' }).getByRole('link', { name: tab, exact: true }).click()
    await page.locator('a[aria-current=true]', { hasText: tab }).waitFor()
    expect(await page.getByText('not understood').count()).toBe(0)
  }
})

test('the tab of a run that is shown unasked is chosen once it is pressed', async () => {
  const { page } = signedIn.visitor
  await page.goto('/runs/1')
  await expect
    .poll(async () => {
      await page.getByRole('tab', { selected: true }).click()
      return new URL(page.url()).search
    })
    .toMatch(/^\?tab=(items|failures)$/)
})

test('a search is in the address: Back and Clear change what stands in its field, and a letter typed meanwhile stays', async () => {
  const { page } = signedIn.visitor
  await page.goto('/tenants')
  const field = page.getByRole('searchbox', { name: /^Search tenants/ })
  const tenants = page.locator('[role=row] a, tr a').filter({ hasText: /\S/ })
  await tenants.first().waitFor()
  const name = (await tenants.first().textContent())?.trim() ?? ''
  await field.pressSequentially(name, { delay: 60 })
  await page.waitForURL((url) => url.searchParams.get('q') === name)
  expect(await field.inputValue()).toBe(name)
  await page.getByRole('button', { name: 'Clear', exact: true }).click()
  await page.waitForURL((url) => !url.searchParams.has('q'))
  await expect.poll(() => field.inputValue()).toBe('')
  await field.fill(name)
  await page.waitForURL((url) => url.searchParams.get('q') === name)
  await tenants.filter({ hasText: name }).first().click()
  await page.waitForURL((url) => url.pathname.startsWith('/tenants/'))
  await page.goBack()
  await expect.poll(() => field.inputValue()).toBe(name)
  // Its own word comes back into the address while the next is typed.
  await field.press('End')
  await field.pressSequentially('-zz', { delay: 250 })
  await page.waitForURL((url) => url.searchParams.get('q') === `${name}-zz`)
  expect(await field.inputValue()).toBe(`${name}-zz`)
})

test.each([
  ['/api/audit/export?from=notadate', 'from “notadate” is not a day, such as 2026-02-28'],
  ['/api/tenants?state=bogus', 'state “bogus” is none of provisioning, active, suspended, archived'],
  ['/api/runs?state=bogus', 'state “bogus” is none of queued, running, pausing, paused, cancelling, cancelled, succeeded, failed'],
])('%s is refused with the field, the value and what would be right', async (path, problem) => {
  const answer = await signedIn.visitor.page.request.get(path)
  expect(answer.status()).toBe(400)
  expect(await answer.json()).toMatchObject({ error: { code: 'input.invalid', message: `The input is not valid: ${problem}` } })
})
