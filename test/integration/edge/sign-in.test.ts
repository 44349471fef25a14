import { beforeAll, expect, test, vi } from 'vitest'
import type * as Account from '../../../app/account/actions.ts'
import type * as SignIn from '../../../app/sign-in/actions.ts'
import type * as Welcome from '../../../app/welcome/actions.ts'
import type { CommandResult } from '../../../lib/tenancy/contract/index.ts'
import { clientHeader } from '../../../lib/client-address.ts'
import { useEdge } from '../../support/edge.ts'
import { passwordOfAll } from '../../support/people.ts'
import { comeFrom, ownRequest } from '../../support/request.ts'

vi.mock('next/headers', () => import('../../support/request.ts'))
vi.mock('next/cache', () => ({ revalidatePath: () => undefined }))

const edge = useEdge()
let actions: typeof SignIn & typeof Welcome & typeof Account

beforeAll(async () => {
  actions = {
    ...(await import('../../../app/sign-in/actions.ts')),
    ...(await import('../../../app/welcome/actions.ts')),
    ...(await import('../../../app/account/actions.ts')),
  }
})

const codeOf = (result: CommandResult<unknown>): string => (result.ok ? 'ok' : result.error.code)
const sessionsOf = async (role: 'admin' | 'operator' | 'support') => edge.tenancy.people.sessions(edge.people[role].id ?? '')

test('an unknown address, a wrong password and a disabled person are answered alike', async () => {
  comeFrom(ownRequest(null))
  const { person, token } = await edge.tenancy.people.invite(edge.people.admin, {
    email: 'off@example.com',
    name: '',
    role: 'support',
  })
  await edge.tenancy.people.redeem({ token, password: passwordOfAll })
  await edge.tenancy.people.disable(edge.people.admin, { person })
  const results = [
    await actions.signIn({ email: 'nobody@example.com', password: passwordOfAll }),
    await actions.signIn({ email: 'support@example.com', password: 'a wrong password' }),
    await actions.signIn({ email: 'off@example.com', password: passwordOfAll }),
  ]
  expect(results.map(codeOf)).toEqual(['auth.wrong_password', 'auth.wrong_password', 'auth.wrong_password'])
  expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1)
  expect(await edge.tenancy.people.sessions(person)).toEqual([])
  const { rows } = await edge.tenancy.audit.list({ action: 'account.signInFailed', limit: 10 })
  expect(rows.map(({ subject }) => subject)).toEqual(['off@example.com', 'support@example.com'])
})

test('an address in capitals signs in', async () => {
  comeFrom(ownRequest(null))
  expect(codeOf(await actions.signIn({ email: ' Support@Example.COM ', password: passwordOfAll }))).toBe('ok')
})

test('somebody invited cannot sign in before the link was used, and nobody can register', async () => {
  comeFrom(ownRequest(null))
  await edge.tenancy.people.invite(edge.people.admin, { email: 'new@example.com', name: '', role: 'admin' })
  expect(codeOf(await actions.signIn({ email: 'new@example.com', password: '' }))).toBe('input.invalid')
  expect(codeOf(await actions.signIn({ email: 'new@example.com', password: passwordOfAll }))).toBe('auth.wrong_password')
  const { getAuth } = await import('../../../lib/server/auth.ts')
  const body = { email: 'self@example.com', password: passwordOfAll, name: 'Self', role: 'admin' as const }
  await expect(getAuth().api.signUpEmail({ body })).rejects.toThrow(/sign up is not enabled/i)
})

test('after ten attempts even the right password has to wait; the counting is in the database', async () => {
  comeFrom(ownRequest(null, { [clientHeader]: '10.1.1.1' }))
  for (let attempt = 0; attempt < 10; attempt += 1)
    expect(codeOf(await actions.signIn({ email: 'operator@example.com', password: 'guess' }))).toBe('auth.wrong_password')
  // What the browser itself claims changes nothing.
  comeFrom(ownRequest(null, { [clientHeader]: '10.1.1.1', 'x-forwarded-for': '5.6.7.8' }))
  const refused = await actions.signIn({ email: 'operator@example.com', password: passwordOfAll })
  expect(refused).toMatchObject({ ok: false, error: { code: 'auth.rate_limited' } })
  expect(refused.ok ? '' : refused.error.hint).toMatch(/^Wait \d+ seconds/)
  // Whoever guesses elsewhere keeps nobody out.
  comeFrom(ownRequest(null, { [clientHeader]: '10.2.2.2' }))
  expect(codeOf(await actions.signIn({ email: 'operator@example.com', password: passwordOfAll }))).toBe('ok')
  comeFrom(ownRequest(null, { [clientHeader]: '10.1.1.1' }))
  await edge.tenancy.people.forgetAttempts({ email: 'operator@example.com', client: '10.1.1.1' })
  expect(codeOf(await actions.signIn({ email: 'operator@example.com', password: passwordOfAll }))).toBe('ok')
})

test('a link sets the password and signs in; sent twice it lets in once', async () => {
  comeFrom(ownRequest(null))
  const { person, token } = await edge.tenancy.people.invite(edge.people.admin, {
    email: 'twin@example.com',
    name: '',
    role: 'support',
  })
  expect(codeOf(await actions.redeemLink({ token, password: 'short' }))).toBe('input.invalid')
  const both = await Promise.all([actions.redeemLink({ token, password: passwordOfAll }), actions.redeemLink({ token, password: passwordOfAll })])
  expect(both.map(codeOf).toSorted()).toEqual(['auth.link_expired', 'ok'])
  expect(await edge.tenancy.people.sessions(person)).toHaveLength(1)
})

test('signing out ends this session; everywhere else ends the others', async () => {
  const [first, second] = [await edge.signIn('support'), await edge.signIn('support')]
  const { readSession } = await import('../../../lib/server/auth.ts')
  comeFrom(ownRequest(first))
  expect(await actions.signOutEverywhere({})).toMatchObject({ ok: true })
  expect(await readSession(ownRequest(second))).toBeNull()
  expect(await sessionsOf('support')).toHaveLength(1)
  expect(codeOf(await actions.signOut({}))).toBe('ok')
  expect(codeOf(await actions.signOut({}))).toBe('auth.signed_out')
  expect(await sessionsOf('support')).toEqual([])
})

test('changing the password needs the old one and ends the other sessions', async () => {
  const [first, second] = [await edge.signIn('admin'), await edge.signIn('admin')]
  const { readSession } = await import('../../../lib/server/auth.ts')
  comeFrom(ownRequest(first))
  expect(codeOf(await actions.changePassword({ current: 'not it', next: 'a longer password' }))).toBe('auth.wrong_password')
  expect(codeOf(await actions.changePassword({ current: passwordOfAll, next: 'short' }))).toBe('input.invalid')
  expect(codeOf(await actions.changePassword({ current: passwordOfAll, next: 'a longer password' }))).toBe('ok')
  expect(await readSession(ownRequest(second))).toBeNull()
  expect(await sessionsOf('admin')).toHaveLength(1)
  comeFrom(ownRequest(null))
  expect(codeOf(await actions.signIn({ email: 'admin@example.com', password: passwordOfAll }))).toBe('auth.wrong_password')
  expect(codeOf(await actions.signIn({ email: 'admin@example.com', password: 'a longer password' }))).toBe('ok')
})

test('a cookie whose signature does not fit is nobody', async () => {
  const { readSession } = await import('../../../lib/server/auth.ts')
  const cookie = await edge.signIn('support')
  expect(await readSession(ownRequest(cookie))).not.toBeNull()
  expect(await readSession(ownRequest(`${cookie.slice(0, -4)}AAAA`))).toBeNull()
  expect(await readSession(ownRequest('tenantry.session_token=whatever'))).toBeNull()
})
