/** Coming in, being kept out, and who may let others in; in a real browser against the whole console. */
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Page } from 'playwright-core'
import { migrationsDir } from '../../lib/connection.ts'
import type { Role, Tenancy } from '../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { findViolations, openVisitor, type Visitor } from '../support/browser.ts'
import { cliActor, makePerson, passwordOfAll } from '../support/people.ts'

const baseUrl = inject('consoleUrl')
let tenancy: Tenancy
const visitors: Visitor[] = []

beforeAll(async () => {
  tenancy = createTenancy({ controlUrl: inject('controlUrl'), secret: inject('secret'), migrationsDir })
  for (const role of ['admin', 'operator', 'support'] as const) await makePerson(tenancy, emailOf(role), role)
})
afterAll(async () => {
  for (const visitor of visitors) await visitor.close()
  await tenancy.close()
})

const emailOf = (role: Role): string => `doors-${role}@example.com`

const visit = async (): Promise<Visitor> => {
  const visitor = await openVisitor({ baseUrl })
  visitors.push(visitor)
  return visitor
}

const signIn = async (page: Page, email: string, password: string): Promise<void> => {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.keyboard.press('Enter')
}

const visitAs = async (role: Role, path: string): Promise<Visitor> => {
  const visitor = await visit()
  await visitor.page.goto(path)
  await signIn(visitor.page, emailOf(role), passwordOfAll)
  await visitor.page.waitForURL((url) => url.pathname === path)
  return visitor
}

test('somebody signed out is led to the sign-in page and back to where they wanted to go', async () => {
  const { page, complaints } = await visit()
  await page.goto('/audit?action=people.')
  expect(new URL(page.url()).pathname).toBe('/sign-in')
  expect(await findViolations(page)).toEqual([])
  await signIn(page, emailOf('admin'), 'a wrong password')
  await page.getByText('The e-mail address or the password is wrong.').waitFor()
  await signIn(page, emailOf('admin'), passwordOfAll)
  await page.waitForURL('**/audit?action=people.')
  await page.getByRole('cell', { name: 'people.redeem' }).first().waitFor()
  await page.goto('/sign-in?next=//evil.example')
  expect(new URL(page.url()).origin).toBe(baseUrl)
  expect(complaints).toEqual([])
})

test('an invitation: made in a dialog, shown once, used once even when sent twice', async () => {
  const admin = await visitAs('admin', '/people')
  expect(await findViolations(admin.page)).toEqual([])
  await admin.page.getByRole('button', { name: 'Invite a person' }).click()
  await admin.page.getByLabel('E-mail address').fill('notamail')
  await admin.page.getByRole('button', { name: 'Make the link' }).click()
  await admin.page.getByText('“notamail” is not an e-mail address, such as ada@example.com.').waitFor()
  await admin.page.getByLabel('E-mail address').fill('doors-new@example.com')
  await admin.page.getByLabel('Name').fill('a'.repeat(121))
  await admin.page.getByRole('button', { name: 'Make the link' }).click()
  await admin.page.getByText('must be at most 120 characters').waitFor()
  await admin.page.getByLabel('Name').fill('')
  await admin.page.getByLabel('Role', { exact: true }).selectOption('support')
  expect(await findViolations(admin.page)).toEqual([])
  await admin.page.getByRole('button', { name: 'Make the link' }).click()
  const link = admin.page.getByText('/welcome?token=')
  await link.waitFor()
  const address = await link.innerText()
  await admin.page.getByRole('button', { name: 'Done' }).click()
  await admin.page.getByRole('row', { name: /doors-new@example\.com .*Support.*Invited/ }).waitFor()

  const { page, complaints } = await visit()
  await page.goto(address)
  expect(await findViolations(page)).toEqual([])
  await page.getByLabel('New password').fill('my own new password')
  await page.getByRole('button', { name: 'Set password and sign in' }).dblclick()
  await page.waitForURL(`${baseUrl}/`)
  await page.goto(address)
  await page.getByText('This link has expired or was used already.').waitFor()
  expect(complaints).toEqual([])
  await page.goto('/welcome?token=made-up')
  await page.getByText('This link is not one of ours.').waitFor()
})

test('support sees no people and no audit, an operator sees both and changes nobody', async () => {
  const support = await visitAs('support', '/account')
  for (const path of ['/people', '/audit', '/databases', '/migrations']) {
    const answer = await support.page.goto(path)
    expect(answer?.status(), path).toBe(403)
    await support.page.getByText('Your role may not open this page').waitFor()
  }
  expect((await support.page.request.get('/api/audit/export')).status()).toBe(403)
  for (const path of ['/tenants/%00', '/tenants/%ZZ', '/runs/%', `/tenants/${'x'.repeat(10_000)}`])
    expect((await support.page.request.get(path)).status(), path.slice(0, 40)).toBe(404)
  for (const path of ['/api/tenants/%00', '/api/tenants/%E0%A4%A', '/api/tenants?q=%00'])
    expect((await support.page.request.get(path)).status(), path).toBe(400)
  const operator = await visitAs('operator', '/people')
  await operator.page.getByRole('row', { name: new RegExp(emailOf('admin')) }).waitFor()
  expect(await operator.page.getByRole('button', { name: /Invite|Actions for/ }).count()).toBe(0)
  expect((await operator.page.goto('/audit'))?.status()).toBe(200)
})

test('disabling ends the sessions of whoever it is at once', async () => {
  const victim = await visitAs('operator', '/account')
  const admin = await visitAs('admin', '/people')
  await admin.page.getByRole('button', { name: `Actions for ${emailOf('operator')}` }).click()
  await admin.page.getByRole('menuitem', { name: 'Disable' }).click()
  await admin.page.getByRole('button', { name: 'Disable' }).click()
  await admin.page.getByRole('row', { name: new RegExp(`${emailOf('operator')}.*Disabled`) }).waitFor()
  await victim.page.goto('/account')
  expect(new URL(victim.page.url()).pathname).toBe('/sign-in')
  await signIn(victim.page, emailOf('operator'), passwordOfAll)
  await victim.page.getByText('The e-mail address or the password is wrong.').waitFor()
})

test('an open page says that its session was ended, after a read as well as by its live connection alone, and signing in leads back to it', async () => {
  const reading = await visitAs('support', '/tenants')
  const waiting = await visitAs('support', '/runs')
  for (const { page } of [reading, waiting]) await page.getByText('Live', { exact: true }).waitFor()
  const person = (await tenancy.people.list()).find(({ email }) => email === emailOf('support'))?.id ?? ''
  await tenancy.people.disable(cliActor, { person })
  await tenancy.people.enable(cliActor, { person })

  await reading.page.getByRole('searchbox').fill('bakery')
  const note = reading.page.getByRole('alertdialog', { name: 'You are signed out' })
  await note.waitFor({ timeout: 12_000 })
  await reading.page.keyboard.press('Escape')
  expect(await note.isVisible()).toBe(true)
  expect(await findViolations(reading.page)).toEqual([])
  await note.getByRole('link', { name: 'Sign in again' }).click()
  await signIn(reading.page, emailOf('support'), passwordOfAll)
  await reading.page.waitForURL('**/tenants?q=bakery')
  await reading.page.getByText('Live', { exact: true }).waitFor()

  await waiting.page.getByRole('alertdialog', { name: 'You are signed out' }).waitFor({ timeout: 30_000 })
})

test('signing out everywhere else leaves this browser in', async () => {
  const [here, there] = [await visitAs('support', '/account'), await visitAs('support', '/account')]
  await here.page.reload()
  expect(await findViolations(here.page)).toEqual([])
  await here.page.getByRole('button', { name: 'Sign out everywhere else' }).click()
  await here.page.getByText('1 session', { exact: true }).waitFor()
  await there.page.goto('/account')
  expect(new URL(there.page.url()).pathname).toBe('/sign-in')
  await here.page.getByRole('main').getByRole('button', { name: 'Sign out', exact: true }).click()
  await here.page.waitForURL('**/sign-in')
})

test('every answer has its headers, another site’s commands are refused, and no script without the nonce runs', async () => {
  const { page } = await visitAs('admin', '/account')
  const answer = await page.goto('/account')
  const headers = answer?.headers() ?? {}
  const nonce = /'nonce-([^']+)'/.exec(headers['content-security-policy'] ?? '')?.[1]
  expect(nonce).toMatch(/^[\w+/=]{20,}$/)
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'x-frame-options': 'DENY',
  })
  expect(headers['x-powered-by']).toBeUndefined()
  const script = await page.locator('script[src^="/_next/static/"]').first().getAttribute('src')
  for (const path of [script ?? '', '/icon.svg']) expect((await page.request.get(path)).headers(), path).toMatchObject({ 'x-content-type-options': 'nosniff' })
  const again = (await page.goto('/account'))?.headers()['content-security-policy'] ?? ''
  expect(again).not.toContain(nonce)
  for (const origin of ['https://evil.example', 'null']) {
    const refused = await page.request.post('/people', { headers: { origin, 'next-action': '00' }, data: '[]' })
    expect(refused.status()).toBe(403)
    expect(await refused.json()).toMatchObject({ error: { code: 'auth.origin' } })
  }
  const ran = await page.evaluate(async () => {
    const script = document.createElement('div')
    script.innerHTML = `<img src="x:" onerror="document.title='ran'">`
    document.body.append(script)
    await new Promise((resolve) => setTimeout(resolve, 300))
    return document.title
  })
  expect(ran).not.toBe('ran')
})

test('the admin who is alone stays admin', async () => {
  const people = await tenancy.people.list()
  for (const person of people.filter(({ role, email }) => role === 'admin' && email !== emailOf('admin')))
    await tenancy.people.setRole(cliActor, { person: person.id, role: 'operator' })
  const { page } = await visitAs('admin', '/people')
  await page.getByRole('button', { name: `Actions for ${emailOf('admin')}` }).click()
  await page.getByRole('menuitem', { name: 'Make operator' }).click()
  await page.getByRole('button', { name: 'Change the role' }).click()
  await page.getByText(`${emailOf('admin')} is the last active admin.`).waitFor()
  expect((await tenancy.people.list()).find(({ email }) => email === emailOf('admin'))?.role).toBe('admin')
  for (const person of people.filter(({ role, email }) => role === 'admin' && email !== emailOf('admin')))
    await tenancy.people.setRole(cliActor, { person: person.id, role: 'admin' })
})
