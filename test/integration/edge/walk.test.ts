/** Every action, handler and page × every role and the signed-out: each names a permission, and the permission holds. */
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { projectRoot } from '../../../lib/root.ts'
import { may, permissions, roles, type Permission, type Role } from '../../../lib/tenancy/contract/index.ts'
import { useEdge } from '../../support/edge.ts'
import { comeFrom, ownHost, ownRequest } from '../../support/request.ts'

vi.mock('next/headers', () => import('../../support/request.ts'))
vi.mock('next/cache', () => ({
  revalidatePath: () => undefined,
  revalidateTag: () => undefined,
  refresh: () => undefined,
}))

const edge = useEdge()

/** What somebody signed out may reach; anything else that is public fails the walk. */
const publicActions: ReadonlySet<string> = new Set(['app/sign-in/actions.ts#signIn', 'app/welcome/actions.ts#redeemLink'])
const publicPages: ReadonlySet<string> = new Set(['app/sign-in/page.tsx', 'app/welcome/page.tsx'])

/** Probes and monitoring have no session; /metrics asks for a token of its own. */
const publicRoutes: ReadonlySet<string> = new Set(['app/healthz/route.ts', 'app/metrics/route.ts', 'app/readyz/route.ts'])

const filesOf = (name: string): readonly string[] => globSync(`app/**/${name}`, { cwd: projectRoot }).toSorted()
const actionFiles = filesOf('actions.ts')
const routeFiles = filesOf('route.ts')
const pageFiles = filesOf('page.tsx')

const load = (file: string): Promise<Record<string, unknown>> => import(/* @vite-ignore */ join(projectRoot, file))
const entryOf = async (fn: unknown) => (await import('../../../lib/server/edge-registry.ts')).entryOf(fn)
const isFunction = (value: unknown): value is (...parameters: unknown[]) => Promise<unknown> => typeof value === 'function'
const isPermission = (text: string): text is Permission => Object.hasOwn(permissions, text)

const who: ReadonlyArray<Role | null> = [...roles, null]
const cookies = new Map<Role, string>()
/** Some actions end the session that calls them, so it is looked at again before each call. */
const be = async (role: Role | null): Promise<void> => {
  if (role === null) return comeFrom(ownRequest(null))
  const { readSession } = await import('../../../lib/server/auth.ts')
  const known = cookies.get(role)
  const cookie = known !== undefined && (await readSession(ownRequest(known))) ? known : await edge.signIn(role)
  cookies.set(role, cookie)
  comeFrom(ownRequest(cookie))
}

const codeIn = (value: unknown): string => {
  if (typeof value !== 'object' || value === null || !('error' in value)) return 'none'
  const { error } = value
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'none'
}

const expected = (role: Role | null, permission: Permission): string =>
  role === null ? 'auth.signed_out' : may(role, permission) ? 'let through' : 'auth.forbidden'
const seen = (code: string): string => (code.startsWith('auth.') ? code : 'let through')

test('the walk sees the console', () => {
  expect(actionFiles.length).toBeGreaterThanOrEqual(4)
  expect(routeFiles.length).toBeGreaterThanOrEqual(1)
  expect(pageFiles.length).toBeGreaterThanOrEqual(5)
})

test('server actions live in actions.ts and nowhere else', async () => {
  const sources = globSync('{app,components,lib}/**/*.{ts,tsx}', { cwd: projectRoot })
  const texts = await Promise.all(sources.map((file) => readFile(join(projectRoot, file), 'utf8')))
  const marked = sources.filter((_, index) => /^\s*['"]use server['"]/m.test(texts[index] ?? ''))
  expect(marked.toSorted()).toEqual(actionFiles)
})

test.each(actionFiles)('%s', async (file) => {
  for (const [name, action] of Object.entries(await load(file))) {
    const entry = await entryOf(action)
    const where = `${file}#${name}`
    expect(entry, `${where} was not made by command()`).not.toBeNull()
    if (!entry || !isFunction(action)) continue
    if (entry.permission === 'public') {
      if (!publicActions.has(where)) throw new Error(`${where} is public`)
      continue
    }
    for (const role of who) {
      await be(role)
      expect(seen(codeIn(await action(undefined))), `${where} as ${role ?? 'nobody'}`).toBe(expected(role, entry.permission))
    }
  }
})

test.each(actionFiles)('%s from another site', async (file) => {
  for (const [name, action] of Object.entries(await load(file))) {
    if (!isFunction(action)) continue
    for (const origin of ['https://evil.example', 'null', `http://${ownHost}.evil.example`]) {
      await be('admin')
      comeFrom(ownRequest(cookies.get('admin') ?? null, { origin }))
      expect(codeIn(await action(undefined)), `${file}#${name} from ${origin}`).toBe('auth.origin')
    }
  }
})

/** A value for each [param] of the path: nothing that exists. */
const paramsOf = (file: string): Promise<Record<string, string>> =>
  Promise.resolve(Object.fromEntries([...file.matchAll(/\[(?:\.\.\.)?(\w+)\]/g)].map((match) => [match[1] ?? '', '999999999'])))

test.each(routeFiles)('%s', async (file) => {
  for (const [name, handler] of Object.entries(await load(file))) {
    if (!isFunction(handler)) continue
    const where = `${file}#${name}`
    const entry = await entryOf(handler)
    // Both only read; what is too long for an address is posted.
    expect(['GET', 'POST'], `${where}: handlers only read`).toContain(name)
    expect(entry, `${where} was not made by query()`).not.toBeNull()
    if (!entry) continue
    if (entry.permission === 'public') {
      if (!publicRoutes.has(file)) throw new Error(`${where} is public`)
      continue
    }
    for (const role of who) {
      await be(role)
      const gone = new AbortController()
      const sent = name === 'POST' ? { method: name, headers: ownRequest(null), body: '{}' } : {}
      const answer = await handler(new Request(`http://${ownHost}/`, { signal: gone.signal, ...sent }), {
        params: paramsOf(file),
      })
      if (!(answer instanceof Response)) throw new Error(`${where} answered no Response`)
      expect(answer.headers.get('Cache-Control'), where).toMatch(/no-store|no-cache/)
      const code = answer.ok ? 'none' : codeIn(await answer.json())
      expect(seen(code), `${where} as ${role ?? 'nobody'}`).toBe(expected(role, entry.permission))
      expect(answer.status === 401 || answer.status === 403).toBe(seen(code) !== 'let through')
      gone.abort()
      if (answer.ok) await answer.body?.cancel()
    }
  }
})

const digestOf = (error: unknown): string => (error instanceof Error && 'digest' in error ? String(error.digest) : '')
const outcomeOf = (digest: string): string =>
  digest.startsWith('NEXT_HTTP_ERROR_FALLBACK;403') ? 'auth.forbidden' : /^NEXT_REDIRECT;.*\/sign-in/.test(digest) ? 'auth.signed_out' : 'let through'

test.each(pageFiles)('%s', async (file) => {
  const source = await readFile(join(projectRoot, file), 'utf8')
  const named = [...source.matchAll(/requireAsker\('([a-z.]+)'\)/g)].map((match) => match[1] ?? '')
  expect(named.length > 0, `${file} names no permission, requireAsker('…'), or is public and names one`).toBe(!publicPages.has(file))
  if (publicPages.has(file)) return
  const { default: page } = await load(file)
  if (!isFunction(page)) throw new Error(`${file} has no page`)
  for (const role of who) {
    await be(role)
    const outcome = await Promise.resolve(page({ params: paramsOf(file), searchParams: Promise.resolve({}) })).then(() => '', digestOf)
    const wanted = named.filter(isPermission).map((permission) => expected(role, permission))
    expect(outcomeOf(outcome), `${file} as ${role ?? 'nobody'}`).toBe(wanted.find((word) => word !== 'let through') ?? 'let through')
  }
})

test('a role that a request claims has no effect', async () => {
  const { invitePerson } = await load('app/people/actions.ts')
  if (!isFunction(invitePerson)) throw new Error('no action')
  const cookie = await edge.signIn('support')
  const claims: ReadonlyArray<Record<string, string>> = [
    { cookie: `${cookie}; role=admin; tenantry.role=admin; tenantry.session_data=eyJyb2xlIjoiYWRtaW4ifQ` },
    { 'x-role': 'admin', 'x-user-role': 'admin', 'x-tenantry-role': 'admin', authorization: 'Bearer admin' },
    { cookie: cookie.replace(/session_token=[^.;]+/, 'session_token=forged') },
  ]
  for (const claim of claims) {
    comeFrom(ownRequest(cookie, claim))
    const input = {
      email: 'mallory@example.com',
      name: '',
      role: 'admin',
      permission: 'people.manage',
      actor: edge.people.admin,
    }
    expect(codeIn(await invitePerson(input))).toMatch(/^auth\.(forbidden|signed_out)$/)
  }
  expect((await edge.tenancy.people.list()).map(({ email }) => email)).not.toContain('mallory@example.com')
})

test('a refused command is audited with who and what', async () => {
  const { rows } = await edge.tenancy.audit.list({ action: 'refused.people.invite', actor: 'support@', limit: 5 })
  expect(rows[0]).toMatchObject({
    actor: 'support@example.com',
    details: { code: 'auth.forbidden', permission: 'people.manage' },
  })
})

test('so is one that its state forbids, but not what was typed wrongly', async () => {
  await be('admin')
  const { setPersonRole } = await load('app/people/actions.ts')
  const { removeDatabase } = await load('app/databases/actions.ts')
  if (!isFunction(setPersonRole) || !isFunction(removeDatabase)) throw new Error('no action')
  expect(codeIn(await setPersonRole({ person: edge.people.admin.id, role: 'support' }))).toBe('auth.last_admin')
  expect(codeIn(await removeDatabase({ name: 'not-there' }))).toBe('database.unknown')
  expect(codeIn(await removeDatabase({ name: 'Not a name' }))).toBe('input.invalid')
  const demoted = await edge.tenancy.audit.list({ action: 'refused.people.setRole', actor: 'admin@', limit: 5 })
  expect(demoted.rows[0]).toMatchObject({ actor: 'admin@example.com', details: { code: 'auth.last_admin' } })
  const { rows } = await edge.tenancy.audit.list({ action: 'refused.databases.remove', actor: 'admin@', limit: 5 })
  // Other tests here came from elsewhere.
  expect(rows.map(({ details }) => details).filter(({ code }) => code !== 'auth.origin')).toEqual([{ code: 'database.unknown', database: 'not-there' }])
})

test('a changed role and a disabled person count from the next request on', async () => {
  const { getAsker } = await import('../../../lib/server/asker.ts')
  const cookie = await edge.signIn('operator')
  const person = edge.people.operator.id ?? ''
  comeFrom(ownRequest(cookie))
  expect((await getAsker())?.actor.role).toBe('operator')
  await edge.tenancy.people.setRole(edge.people.admin, { person, role: 'support' })
  expect((await getAsker())?.actor.role).toBe('support')
  await edge.tenancy.people.disable(edge.people.admin, { person })
  expect(await getAsker()).toBeNull()
  await edge.tenancy.people.enable(edge.people.admin, { person })
  await edge.tenancy.people.setRole(edge.people.admin, { person, role: 'operator' })
  expect(await getAsker()).toBeNull()
})
