import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
import type { Actor, ErrorCode, Tenancy } from '../../../lib/tenancy/contract/index.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { cliActor, idOf, makePerson, passwordOfAll } from '../../support/people.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let tenancy: Tenancy
let sql: postgres.Sql
let ada: Actor

beforeAll(async () => {
  const controlUrl = await databases.control()
  tenancy = createTenancy({ controlUrl, secret: testSecret, migrationsDir })
  sql = postgres(controlUrl, { max: 2, connection: { search_path: 'tenantry' } })
  ada = await makePerson(tenancy, 'ada@example.com', 'admin')
})
afterAll(async () => {
  await tenancy.close()
  await sql.end()
})

const refusedWith = async (work: Promise<unknown>): Promise<ErrorCode | 'nothing'> =>
  work.then(
    () => 'nothing' as const,
    (error: { code: ErrorCode }) => error.code,
  )
const personOf = async (email: string) => (await tenancy.people.list()).find((row) => row.email === email)
const auditOf = async (action: string, subject: string) => (await tenancy.audit.list({ action, subject, limit: 10 })).rows

test('an invitation makes a person who is invited until the link was used', async () => {
  const { token } = await tenancy.people.invite(ada, { email: 'grace@example.com', name: 'Grace', role: 'operator' })
  expect(await personOf('grace@example.com')).toMatchObject({
    name: 'Grace',
    role: 'operator',
    state: 'invited',
    lastSeenAt: null,
  })
  expect(await tenancy.people.readLink(token)).toEqual({ email: 'grace@example.com', name: 'Grace' })
  await tenancy.people.redeem({ token, password: passwordOfAll })
  expect(await personOf('grace@example.com')).toMatchObject({ state: 'active' })
  const [stored] = await sql<Array<{ found: number }>>`select count(*)::int as found from one_time_link where token_hash = ${token}`
  expect(stored?.found).toBe(0)
  expect(await auditOf('people.invite', 'grace@example.com')).toMatchObject([{ actor: 'ada@example.com', actorKind: 'person', details: { role: 'operator' } }])
  expect(await auditOf('people.redeem', 'grace@example.com')).toHaveLength(1)
})

test('a link works once', async () => {
  const { token } = await tenancy.people.invite(ada, { email: 'once@example.com', name: '', role: 'support' })
  await tenancy.people.redeem({ token, password: passwordOfAll })
  expect(await refusedWith(tenancy.people.redeem({ token, password: 'another password' }))).toBe('auth.link_expired')
  expect(await refusedWith(tenancy.people.readLink(token))).toBe('auth.link_expired')
})

test('of ten that redeem a link at once, one gets in', async () => {
  const { token } = await tenancy.people.invite(ada, { email: 'tenfold@example.com', name: '', role: 'support' })
  const codes = await Promise.all(Array.from({ length: 10 }, () => refusedWith(tenancy.people.redeem({ token, password: passwordOfAll }))))
  expect(codes.toSorted()).toEqual([...Array.from({ length: 9 }, () => 'auth.link_expired'), 'nothing'])
  expect(await auditOf('people.redeem', 'tenfold@example.com')).toHaveLength(1)
})

test('an expired link, and one that never was', async () => {
  const { token } = await tenancy.people.invite(ada, { email: 'late@example.com', name: '', role: 'support' })
  await sql`update one_time_link set expires_at = now() - interval '1 second' where used_at is null`
  expect(await refusedWith(tenancy.people.redeem({ token, password: passwordOfAll }))).toBe('auth.link_expired')
  for (const unknown of ['', 'x', `${token}x`, "' or true --"])
    expect(await refusedWith(tenancy.people.redeem({ token: unknown, password: passwordOfAll }))).toBe('auth.link_unknown')
  expect(await personOf('late@example.com')).toMatchObject({ state: 'invited' })
})

test('inviting again replaces the link; an active person is not invited twice', async () => {
  const first = await tenancy.people.invite(ada, { email: 'twice@example.com', name: '', role: 'support' })
  const second = await tenancy.people.invite(ada, { email: 'twice@example.com', name: 'Tom', role: 'operator' })
  expect(second.person).toBe(first.person)
  expect(await refusedWith(tenancy.people.readLink(first.token))).toBe('auth.link_unknown')
  await tenancy.people.redeem({ token: second.token, password: passwordOfAll })
  expect(await refusedWith(tenancy.people.invite(ada, { email: 'twice@example.com', name: '', role: 'admin' }))).toBe('person.exists')
  expect(await personOf('twice@example.com')).toMatchObject({ role: 'operator', name: 'Tom' })
})

test('whoever holds the control database can let an admin in again', async () => {
  await makePerson(tenancy, 'locked@example.com', 'operator')
  const { token, expiresAt } = await tenancy.people.invite(cliActor, {
    email: 'locked@example.com',
    name: '',
    role: 'admin',
  })
  expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(24 * 3_600_000)
  await tenancy.people.redeem({ token, password: 'the next password' })
  expect(await personOf('locked@example.com')).toMatchObject({ role: 'admin', state: 'active' })
  await tenancy.people.setRole(ada, { person: (await personOf('locked@example.com'))?.id ?? '', role: 'support' })
})

test('the last active admin can be neither demoted nor disabled, by anybody', async () => {
  await tenancy.people.invite(ada, { email: 'invited-admin@example.com', name: '', role: 'admin' })
  expect(await refusedWith(tenancy.people.setRole(ada, { person: idOf(ada), role: 'operator' }))).toBe('auth.last_admin')
  expect(await refusedWith(tenancy.people.disable(cliActor, { person: idOf(ada) }))).toBe('auth.last_admin')
  expect(await personOf('ada@example.com')).toMatchObject({ role: 'admin', state: 'active' })
})

test('two admins who demote each other at once leave one', async () => {
  const eve = await makePerson(tenancy, 'eve@example.com', 'admin')
  const codes = await Promise.all([
    refusedWith(tenancy.people.setRole(ada, { person: idOf(eve), role: 'support' })),
    refusedWith(tenancy.people.disable(eve, { person: idOf(ada) })),
  ])
  expect(codes.toSorted()).toEqual(['auth.last_admin', 'nothing'])
  await tenancy.people.enable(cliActor, { person: idOf(ada) })
  await tenancy.people.setRole(cliActor, { person: idOf(ada), role: 'admin' })
  await tenancy.people.setRole(cliActor, { person: idOf(eve), role: 'support' })
})

test('a change of role is audited with what it was, once', async () => {
  const bob = await makePerson(tenancy, 'bob@example.com', 'support')
  await tenancy.people.setRole(ada, { person: idOf(bob), role: 'operator' })
  await tenancy.people.setRole(ada, { person: idOf(bob), role: 'operator' })
  expect(await auditOf('people.setRole', 'bob@example.com')).toMatchObject([{ details: { from: 'support', to: 'operator' } }])
})

const addSession = (person: string, id: string) =>
  sql`insert into auth_session (id, person_id, token, expires_at) values (${id}, ${person}, ${id}, now() + interval '1 day')`

test('disabling ends sessions and unused links; enabling brings neither back', async () => {
  const mallory = await makePerson(tenancy, 'mallory@example.com', 'operator')
  await addSession(idOf(mallory), 'm1')
  const { token } = await tenancy.people.link(ada, { person: idOf(mallory) })
  await tenancy.people.disable(ada, { person: idOf(mallory) })
  expect(await personOf('mallory@example.com')).toMatchObject({ state: 'disabled' })
  expect(await tenancy.people.sessions(idOf(mallory))).toEqual([])
  expect(await refusedWith(tenancy.people.redeem({ token, password: passwordOfAll }))).toBe('auth.link_unknown')
  expect(await refusedWith(tenancy.people.link(ada, { person: idOf(mallory) }))).toBe('person.unknown')
  await tenancy.people.enable(ada, { person: idOf(mallory) })
  expect(await personOf('mallory@example.com')).toMatchObject({ state: 'active' })
  expect(await tenancy.people.sessions(idOf(mallory))).toEqual([])
})

test('a new password through a link ends the sessions that were', async () => {
  const carol = await makePerson(tenancy, 'carol@example.com', 'operator')
  await addSession(idOf(carol), 'c1')
  const { token } = await tenancy.people.link(ada, { person: idOf(carol) })
  expect(await tenancy.people.sessions(idOf(carol))).toHaveLength(1)
  await tenancy.people.redeem({ token, password: 'a new password' })
  expect(await tenancy.people.sessions(idOf(carol))).toEqual([])
})

test('sessions end one by one and all but this one; never somebody else’s', async () => {
  const dan = await makePerson(tenancy, 'dan@example.com', 'support')
  for (const id of ['d1', 'd2', 'd3']) await addSession(idOf(dan), id)
  await addSession(idOf(ada), 'a1')
  await tenancy.people.endSession(dan, { session: 'a1' })
  expect(await tenancy.people.sessions(idOf(ada))).toHaveLength(1)
  await tenancy.people.endSession(dan, { session: 'd2' })
  expect(await tenancy.people.signOutEverywhere(dan, { person: idOf(dan), except: 'd1' })).toEqual({ ended: 1 })
  expect((await tenancy.people.sessions(idOf(dan))).map(({ id }) => id)).toEqual(['d1'])
})

test('too many attempts for an address from one client are refused, from many processes at once too, and told how long', async () => {
  const other = createTenancy({ controlUrl: sqlUrl(), secret: testSecret, migrationsDir })
  const email = 'target@example.com'
  const attempts = Array.from({ length: 24 }, (_, index) => refusedWith((index % 2 === 0 ? tenancy : other).people.countAttempt({ email, client: '10.0.0.1' })))
  const codes = await Promise.all(attempts)
  await other.close()
  expect(codes.filter((code) => code === 'nothing')).toHaveLength(10)
  expect(codes.filter((code) => code === 'auth.rate_limited')).toHaveLength(14)
  const refusal = await tenancy.people.countAttempt({ email, client: '10.0.0.1' }).catch((error: { details: { seconds: number } }) => error.details.seconds)
  expect(refusal).toBeGreaterThan(800)
  await sql`update sign_in_limit set window_started_at = now() - interval '16 minutes'`
  expect(await refusedWith(tenancy.people.countAttempt({ email, client: '10.0.0.1' }))).toBe('nothing')
  const old = await sql`select key from sign_in_limit where window_started_at < now() - interval '15 minutes'`
  expect(old).toHaveLength(0)
})

test('an address that is tried from everywhere is slowed down, not locked', async () => {
  const email = 'wanted@example.com'
  for (let index = 0; index < 100; index += 1) expect(await refusedWith(tenancy.people.countAttempt({ email, client: `10.1.0.${index}` }))).toBe('nothing')
  const begun = performance.now()
  expect(await refusedWith(tenancy.people.countAttempt({ email, client: '10.2.0.1' }))).toBe('nothing')
  expect(performance.now() - begun).toBeGreaterThan(950)
  const times: number[] = []
  while (times.length < 1 || (times.length < 5 && Math.min(...times) >= 900)) {
    await tenancy.people.forgetAttempts({ email, client: '10.2.0.1' })
    const again = performance.now()
    expect(await refusedWith(tenancy.people.countAttempt({ email, client: '10.2.0.1' }))).toBe('nothing')
    times.push(performance.now() - again)
  }
  // The best of several: what others do on the machine is not what is measured.
  expect(Math.min(...times)).toBeLessThan(900)
})

test('sign-ins that succeed use nothing of their client’s attempts up', async () => {
  for (let index = 0; index < 60; index += 1) {
    const attempt = { email: `o${index}@example.com`, client: '10.8.8.8' }
    expect(await refusedWith(tenancy.people.countAttempt(attempt))).toBe('nothing')
    await tenancy.people.forgetAttempts(attempt)
  }
})

test('one client that tries many addresses is refused as well', async () => {
  const codes: string[] = []
  for (let index = 0; index < 52; index += 1) codes.push(await refusedWith(tenancy.people.countAttempt({ email: `u${index}@example.com`, client: '10.9.9.9' })))
  expect(codes.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => 'nothing'))
  expect(codes.slice(50)).toEqual(['auth.rate_limited', 'auth.rate_limited'])
})

const sqlUrl = (): string => {
  const { host, port, user, pass, database } = sql.options
  return `postgres://${user}:${encodeURIComponent(pass ?? '')}@${host[0]}:${port[0]}/${database}`
}
