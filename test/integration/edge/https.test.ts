import { expect, test, vi } from 'vitest'
import { useEdge } from '../../support/edge.ts'
import { passwordOfAll } from '../../support/people.ts'
import { comeFrom, ownRequest } from '../../support/request.ts'

vi.mock('next/headers', () => import('../../support/request.ts'))

useEdge('https://tenantry.example.com')

test('behind https the cookie is Secure, HttpOnly and Lax, and lasts a week', async () => {
  const { getAuth } = await import('../../../lib/server/auth.ts')
  const { headers } = await getAuth().api.signInEmail({
    body: { email: 'admin@example.com', password: passwordOfAll },
    headers: ownRequest(null),
    returnHeaders: true,
  })
  const [cookie, ...others] = headers.getSetCookie()
  expect(others).toEqual([])
  expect(cookie).toMatch(/^__Secure-tenantry\.session_token=[^;]+;/)
  for (const part of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/', 'Max-Age=604800']) expect(cookie).toContain(part)
})

test('pages at the public address may send commands, pages elsewhere may not', async () => {
  const { signIn } = await import('../../../app/sign-in/actions.ts')
  const input = { email: 'admin@example.com', password: passwordOfAll }
  comeFrom(ownRequest(null, { host: 'inside:3000', origin: 'https://tenantry.example.com' }))
  expect(await signIn(input)).toMatchObject({ ok: true })
  comeFrom(ownRequest(null, { host: 'inside:3000', origin: 'http://tenantry.example.com' }))
  expect(await signIn(input)).toMatchObject({ ok: false, error: { code: 'auth.origin' } })
})
