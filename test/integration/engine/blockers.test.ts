/** Who is in the way of an item, live, and what may be done about them. */
import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeLock, isHiddenSession, whyNotStop, type BlockingSession, type ItemBlockers } from '../../../lib/tenancy/contract/index.ts'
import { commandLine } from '../../support/command-line.ts'
import { blockersDocument } from '../../../lib/cli/blocker-documents.ts'
import { ada, firstFiles, makeFleet, refusalOf, schemaOf, slugsOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let url: string
/** Its items wait for locks; those of `brief` are put aside soon. */
let patient: Fleet
let brief: Fleet
let sets = 0
const sessions: postgres.Sql[] = []

beforeAll(async () => {
  url = await databases.empty()
  patient = await makeFleet(databases, { urls: [url], limits: { lockTimeoutMs: 15_000 } })
  brief = await makeFleet(databases, { limits: { lockTimeoutMs: 50, maxTries: 400, backoffBaseMs: 50, backoffMaxMs: 200 } })
  await patient.work()
  await brief.work()
})
afterAll(async () => {
  for (const sql of sessions) await sql.end({ timeout: 2 })
  await patient.close()
  await brief.close()
})

/** One session that somebody else has on a database of tenants. */
const somebody = async (application: string, on: Fleet = patient) => {
  const sql = postgres(on.urls[0] ?? '', { max: 1, idle_timeout: undefined, onnotice: () => undefined, connection: { application_name: application } })
  sessions.push(sql)
  const [row] = await sql<Array<{ pid: number }>>`select pg_backend_pid() as pid`
  return { pid: row?.pid ?? 0, run: (text: string) => sql.unsafe(text), end: () => sql.end({ timeout: 2 }) }
}

const given = async (fleet: Fleet, migration: string): Promise<{ set: string; slug: string; schema: string }> => {
  sets += 1
  const set = `set${sets}`
  const [slug = ''] = slugsOf(1, `b${sets}t`)
  await fleet.sync(firstFiles, set)
  // The reading back is a look at the server as well, and a lock would hold it up in the turn of those that are asked for here.
  await fleet.verified(await fleet.onboard([slug], { set }))
  await fleet.sync({ '0003_change.sql': migration }, set)
  return { set, slug, schema: schemaOf(slug) }
}

const change = 'alter table customer add column phone text;'

/** Asks until it looks like this; the last answer. */
const seen = async (fleet: Fleet, run: number, slug: string, isSo: (found: ItemBlockers) => boolean): Promise<ItemBlockers> => {
  let found: ItemBlockers | undefined
  await fleet.until(`the blockers of ${slug}`, async () => {
    found = await fleet.tenancy.runs.blockers(run, slug)
    return isSo(found)
  })
  if (!found) throw new Error('nothing was read')
  return found
}

const one = (found: ItemBlockers, pid: number): BlockingSession => {
  const session = found.sessions.find((each) => each.pid === pid)
  if (!session) throw new Error(`session ${pid} is not among ${JSON.stringify(found.sessions)}`)
  return session
}
const inputFor = (run: number, slug: string, { pid, backendStart }: BlockingSession) => ({
  run,
  slug,
  pid,
  backendStart: backendStart ?? '',
  reason: 'the release has to go on',
})

const auditOf = async (fleet: Fleet) => {
  const [row] = (await fleet.tenancy.audit.list({ limit: 1 })).rows
  return row
}

describe('an item that waits for a lock', () => {
  it('names who blocks it and whom that one waits for; a cancelled query lets it through', async () => {
    const { set, slug, schema } = await given(patient, change)
    const far = await somebody('nightly export')
    const near = await somebody('billing')
    await far.run(`begin; lock table ${schema}.orders in access exclusive mode`)
    await near.run(`begin; select * from ${schema}.customer`)
    const waiting = near.run(`select 'of billing' from ${schema}.orders`).catch((error: unknown) => error)
    const run = await patient.start({ set })
    const found = await seen(patient, run, slug, ({ sessions: all }) => all.length === 2)
    expect(found).toMatchObject({ standing: 'waits', total: 2, problem: null })
    expect(found.own?.waitsFor && describeLock(found.own.waitsFor)).toBe('ACCESS EXCLUSIVE on customer')
    expect(found.sessions.map(({ pid, depth }) => [pid, depth])).toEqual([
      [near.pid, 0],
      [far.pid, 1],
    ])
    expect(one(found, near.pid)).toMatchObject({
      application: 'billing',
      user: new URL(url).username,
      backend: 'client backend',
      state: 'active',
      waitEvent: 'Lock: relation',
      query: `select 'of billing' from ${schema}.orders`,
      waitsFor: [far.pid],
      holds: [{ kind: 'relation', mode: 'AccessShareLock', relation: 'customer' }],
      isOurs: false,
      lacks: null,
    })
    expect(one(found, near.pid).transactionMs).toBeGreaterThanOrEqual(one(found, near.pid).queryMs ?? Number.NaN)
    expect(one(found, far.pid)).toMatchObject({ application: 'nightly export', state: 'idle in transaction', waitsFor: [] })

    expect(whyNotStop(one(found, far.pid), 'cancel')).not.toBeNull()
    expect(await refusalOf(patient.tenancy.runs.cancelBlocker(ada, inputFor(run, slug, one(found, far.pid))))).toMatchObject({ code: 'session.idle' })
    await patient.tenancy.runs.cancelBlocker(ada, inputFor(run, slug, one(found, near.pid)))
    expect(await waiting).toMatchObject({ code: '57014' })
    expect((await patient.ended(run)).state).toBe('succeeded')
    expect(await auditOf(patient)).toMatchObject({
      action: 'sessions.cancel',
      subjectKind: 'session',
      details: {
        run,
        tenant: slug,
        pid: near.pid,
        reason: 'the release has to go on',
        outcome: 'sent',
        session: { application: 'billing', user: new URL(url).username },
      },
    })
    expect(await patient.tenancy.runs.blockers(run, slug)).toMatchObject({ standing: 'free', sessions: [], problem: null })
    await far.run('rollback')
    await near.run('rollback')
  })

  it('is let through when the session is terminated', async () => {
    const { set, slug, schema } = await given(patient, change)
    const blocker = await somebody('forgotten psql')
    await blocker.run(`begin; lock table ${schema}.customer in share mode`)
    const run = await patient.start({ set })
    const found = await seen(patient, run, slug, ({ sessions: all }) => all.length === 1)
    const session = one(found, blocker.pid)
    const twin = { ...session, backendStart: '2020-01-01T00:00:00.000000Z' }
    expect(await refusalOf(patient.tenancy.runs.terminateBlocker(ada, inputFor(run, slug, twin)))).toMatchObject({ code: 'session.gone' })
    expect(await auditOf(patient)).toMatchObject({ action: 'sessions.terminate', details: { outcome: 'gone' } })
    await patient.tenancy.runs.terminateBlocker(ada, inputFor(run, slug, session))
    expect((await patient.ended(run)).state).toBe('succeeded')
    await patient.until('its backend to go', async () => (await patient.sql`select 1 from pg_stat_activity where pid = ${blocker.pid}`).length === 0)
    expect(await refusalOf(patient.tenancy.runs.terminateBlocker(ada, inputFor(run, slug, session)))).toMatchObject({ code: 'session.not_blocking' })
  })

  it('leaves the trail of a session that was ended, also when the control database went away right after', async () => {
    const { set, slug, schema } = await given(patient, change)
    const blocker = await somebody('forgotten psql')
    await blocker.run(`begin; lock table ${schema}.customer in share mode`)
    const run = await patient.start({ set })
    const found = await seen(patient, run, slug, ({ sessions: all }) => all.length === 1)
    await patient.control.unsafe(`
      create function lose_outcome() returns trigger language plpgsql as $$ begin raise exception 'lost' using errcode = '57P01'; end $$;
      create trigger lose_outcome before insert or update on audit for each row when (new.details->>'outcome' = 'sent') execute function lose_outcome()`)
    await expect(patient.tenancy.runs.terminateBlocker(ada, inputFor(run, slug, one(found, blocker.pid)))).rejects.toMatchObject({ code: '57P01' })
    await patient.control.unsafe('drop function lose_outcome cascade')
    expect((await patient.ended(run)).state).toBe('succeeded')
    expect(await auditOf(patient)).toMatchObject({
      action: 'sessions.terminate',
      actor: ada.label,
      details: { run, tenant: slug, pid: blocker.pid, reason: 'the release has to go on', outcome: 'pending' },
    })
  })

  it('that gets no further than its history names who keeps it from that', async () => {
    const { set, slug, schema } = await given(patient, change)
    const blocker = await somebody('hand-made repair')
    await blocker.run(`begin; lock table ${schema}.tenantry_history in access exclusive mode`)
    const run = await patient.start({ set })
    const found = await seen(patient, run, slug, ({ sessions: all }) => all.length === 1)
    expect(found).toMatchObject({ standing: 'waits', own: { waitsFor: { relation: 'tenantry_history' } } })
    expect(one(found, blocker.pid).application).toBe('hand-made repair')
    await blocker.run('rollback')
    expect((await patient.ended(run)).state).toBe('succeeded')
  })

  it('is told of while an observation of the same server waits for lock after lock', async () => {
    sets += 1
    const set = `set${sets}`
    const slugs = slugsOf(40, `many${sets}t`)
    await patient.sync(firstFiles, set)
    await patient.verified(await patient.onboard(slugs, { set }))
    await patient.sync({ '0003_change.sql': change }, set)
    const [slug = ''] = slugs
    const blocker = await somebody('hand-made repair')
    await blocker.run(`begin; lock table ${slugs.map((each) => `${schemaOf(each)}.tenantry_history`).join(', ')} in access exclusive mode`)
    const run = await patient.start({ set, selection: { kind: 'tenants', slugs: [slug] } })
    let isObserved = false
    const observing = patient.tenancy.observation.now({ slugs }).then(() => (isObserved = true))
    await patient.until(
      'the observation to wait for a lock',
      async () =>
        (
          await patient.sql`select 1 from pg_stat_activity where datname = current_database() and application_name like '%:observe' and wait_event_type = 'Lock'`
        ).length > 0,
    )
    const found = await seen(patient, run, slug, ({ problem, sessions: all }) => problem === null && all.length > 0)
    expect([one(found, blocker.pid).application, isObserved]).toEqual(['hand-made repair', false])
    await blocker.run('rollback')
    await observing
    expect((await patient.ended(run)).state).toBe('succeeded')
  })

  it('gives nobody a way to stop a session that is not in its way, or one of Tenantry', async () => {
    const { set, slug, schema } = await given(patient, change)
    const blocker = await somebody('blocker')
    const other = await somebody('other')
    await blocker.run(`begin; lock table ${schema}.customer in share mode`)
    await other.run(`begin; select * from ${schema}.orders`)
    const run = await patient.start({ set })
    const found = await seen(patient, run, slug, ({ sessions: all }) => all.length === 1)
    const rows = await patient.sql<Array<{ pid: number; start: string; application: string }>>`
      select pid, to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as start, application_name as application from pg_stat_activity where datname = current_database()`
    const asked = async (row: { pid: number; start: string } | undefined) =>
      (await refusalOf(patient.tenancy.runs.terminateBlocker(ada, { run, slug, reason: 'test', pid: row?.pid ?? 0, backendStart: row?.start ?? '' }))).code
    expect(await asked(rows.find(({ pid }) => pid === other.pid))).toBe('session.not_blocking')
    expect(await asked(rows.find(({ pid }) => pid === found.own?.pid))).toBe('session.ours')
    expect(await asked(rows.find(({ application }) => application.endsWith('fence')))).toBe('session.ours')
    await blocker.run('rollback')
    await other.run('rollback')
    expect((await patient.ended(run)).state).toBe('succeeded')
  })
})

describe('an item that was put aside', () => {
  it('names who holds locks in the schema until its next try goes through', async () => {
    // Much of its next tries goes by before the lock is asked for.
    const { set, slug, schema } = await given(brief, `select pg_sleep(0.3); ${change}`)
    const blocker = await somebody('report', brief)
    const bystander = await somebody('of another tenant', brief)
    await blocker.run(`begin; select count(*) from ${schema}.customer`)
    await bystander.run('begin; select * from pg_catalog.pg_class limit 1')
    const run = await brief.start({ set })
    // What one of the conductor's own sessions is for a moment: in the schema, and under no item's name.
    const fence = async () =>
      (
        await brief.sql<
          Array<{ name: string }>
        >`select application_name as name from pg_stat_activity where application_name like '%fence' and datname = current_database()`
      )[0]
    await brief.until('its conductor', async () => (await fence()) !== undefined)
    const resting = await somebody((await fence())?.name.replace(/ fence$/, '') ?? '', brief)
    await resting.run(`begin; select count(*) from ${schema}.orders`)
    const found = await seen(brief, run, slug, ({ standing, sessions: all }) => standing === 'aside' && all.length > 0)
    expect(found).toMatchObject({ own: null, total: 1 })
    expect(one(found, blocker.pid)).toMatchObject({
      application: 'report',
      state: 'idle in transaction',
      holds: [{ mode: 'AccessShareLock', relation: 'customer' }],
    })
    await brief.until(
      'it to be tried again',
      async () => (await brief.sql`select 1 from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`).length > 0,
    )
    await brief.tenancy.runs.terminateBlocker(ada, inputFor(run, slug, one(found, blocker.pid)))
    expect((await brief.ended(run)).state).toBe('succeeded')
    await bystander.run('rollback')
    await resting.run('rollback')
  })
})

describe('CREATE INDEX CONCURRENTLY', () => {
  it('says whose snapshot it waits for, whatever tenant that one looks at', async () => {
    const { set, slug } = await given(patient, '-- tenantry: transaction=off\ncreate index concurrently by_email on customer (email);\n')
    const dump = await somebody('pg_dump')
    await dump.run('begin isolation level repeatable read; select count(*) from pg_catalog.pg_class')
    const run = await patient.start({ set })
    // Who blocks and how far it has come are told by two views of the server, which need not change at one moment.
    const found = await seen(patient, run, slug, ({ sessions: all, own }) => all.some(({ pid }) => pid === dump.pid) && own?.building !== null)
    expect(found).toMatchObject({ standing: 'waits', own: { waitsFor: { kind: 'virtualxid' }, building: { phase: 'waiting for old snapshots' } } })
    expect(one(found, dump.pid)).toMatchObject({ application: 'pg_dump', depth: 0, holds: [] })
    await patient.tenancy.runs.terminateBlocker(ada, inputFor(run, slug, one(found, dump.pid)))
    expect((await patient.ended(run)).state).toBe('succeeded')
  })
})

describe('a role that may do less', () => {
  const console = `console_${randomBytes(4).toString('hex')}`
  const app = `app_${randomBytes(4).toString('hex')}`
  let fleet: Fleet
  let root: postgres.Sql

  const asRole = (address: string, name: string): string => Object.assign(new URL(address), { username: name, password: 'p' }).href

  beforeAll(async () => {
    const plain = await databases.empty()
    root = postgres(plain, { max: 1, onnotice: () => undefined })
    sessions.push(root)
    await root.unsafe(`create role ${console} login createrole password 'p'; create role ${app} login password 'p'`)
    await root.unsafe(`grant all on database ${new URL(plain).pathname.slice(1)} to ${console} with grant option`)
    fleet = await makeFleet(databases, { urls: [asRole(plain, console)], limits: { lockTimeoutMs: 15_000 } })
    await fleet.work()
  })
  afterAll(() => fleet.close())

  it('sees that a session is there and not what it runs; with pg_monitor it sees it, and is told what it lacks to end it', async () => {
    const { set, slug, schema } = await given(fleet, change)
    await root.unsafe(`grant usage on schema ${schema} to ${app}; grant select on ${schema}.customer to ${app}`)
    const blocker = postgres(asRole(fleet.urls[0] ?? '', app), { max: 1, onnotice: () => undefined })
    sessions.push(blocker)
    await blocker.unsafe(`begin; select * from ${schema}.customer`)
    const run = await fleet.start({ set })
    const [hidden] = (await seen(fleet, run, slug, ({ sessions: all }) => all.length === 1)).sessions
    expect(hidden).toMatchObject({ user: app, backendStart: null, query: null, state: null, transactionMs: null })
    expect(hidden && isHiddenSession(hidden) && whyNotStop(hidden, 'terminate')).toContain('pg_monitor')

    await root.unsafe(`grant pg_monitor to ${console}`)
    const [open] = (await seen(fleet, run, slug, ({ sessions: all }) => all.length === 1)).sessions
    expect(open).toMatchObject({ query: expect.stringContaining('.customer') as string, state: 'idle in transaction', lacks: 'pg_signal_backend' })
    const terminate = () => (open ? fleet.tenancy.runs.terminateBlocker(ada, inputFor(run, slug, open)) : Promise.resolve())
    expect(await refusalOf(terminate())).toMatchObject({
      code: 'session.rights',
      details: { user: console, owner: app, remedy: expect.stringContaining('grant pg_signal_backend') as string },
    })
    expect(await auditOf(fleet)).toMatchObject({ action: 'sessions.terminate', details: { outcome: 'rights' } })
    await root.unsafe(`grant pg_signal_backend to ${console}`)
    await seen(fleet, run, slug, ({ sessions: all }) => all[0]?.lacks === null)
    await terminate()
    expect((await fleet.ended(run)).state).toBe('succeeded')
  })

  it('is told that a superuser’s session is only a superuser’s to end', async () => {
    const { set, slug, schema } = await given(fleet, change)
    await root.unsafe(`begin; lock table ${schema}.customer in share mode`)
    const run = await fleet.start({ set })
    const [session] = (await seen(fleet, run, slug, ({ sessions: all }) => all.length === 1)).sessions
    expect(session?.backendStart).not.toBeNull()
    expect(session && whyNotStop(session, 'terminate')).toContain('only a superuser')
    expect(await refusalOf(session ? fleet.tenancy.runs.terminateBlocker(ada, inputFor(run, slug, session)) : Promise.resolve())).toMatchObject({
      code: 'session.rights',
      details: { remedy: expect.stringContaining('superuser') as string },
    })
    await root.unsafe('rollback')
    expect((await fleet.ended(run)).state).toBe('succeeded')
  })
})

describe('an item that has failed by a lock', () => {
  let hasty: Fleet
  beforeAll(async () => {
    hasty = await makeFleet(databases, { limits: { lockTimeoutMs: 50, maxTries: 2, backoffBaseMs: 10, backoffMaxMs: 20 } })
    await hasty.work()
  })
  afterAll(() => hasty.close())

  it('says who was last seen in its way when nobody is there any more, and who is there now while it can be retried', async () => {
    const slugs = slugsOf(2, 'bhasty')
    await hasty.sync(firstFiles)
    await hasty.verified(await hasty.onboard(slugs))
    await hasty.sync({ '0003_change.sql': change })
    const blocker = await somebody('forgotten psql', hasty)
    await blocker.run(`begin; ${slugs.map((slug) => `select 'a value of theirs' from ${schemaOf(slug)}.customer`).join('; ')}`)
    const run = await hasty.start({ maxConcurrent: 1, failureTolerance: '0' })
    await hasty.until('the run to pause', async () => (await hasty.stateOf(run)) === 'paused')
    const [slug = ''] = (await hasty.itemsOf(run)).failed ?? []
    const holder = {
      pid: blocker.pid,
      application: 'forgotten psql',
      user: new URL(hasty.urls[0] ?? '').username,
      state: 'idle in transaction',
      holds: [{ kind: 'relation', mode: 'AccessShareLock', relation: 'customer' }],
      isOurs: false,
    }
    const failed = { code: '55P03', isLock: true, heldBy: [holder] }
    expect(await hasty.tenancy.runs.blockers(run, slug)).toMatchObject({ standing: 'aside', sessions: [{ pid: blocker.pid }], failed })
    const attempts = await hasty.tenancy.runs.attempts(run, slug)
    expect(attempts.map(({ error }) => error?.heldBy?.map(({ pid }) => pid))).toEqual([undefined, [blocker.pid]])
    expect((await hasty.tenancy.runs.failures(run))[0]?.example.heldBy).toMatchObject([holder])
    expect(JSON.stringify([attempts, await hasty.tenancy.runs.failures(run)])).not.toContain('a value of theirs')
    const cli = commandLine(hasty.controlUrl)
    const words = ['runs', 'blockers', String(run), slug]
    const now = await cli.run(words)
    expect([now.code, now.stdout.split('\n').slice(0, 4)]).toEqual([
      0,
      [
        expect.stringMatching(new RegExp(`^${slug} has failed at .* UTC: 55P03 canceling statement due to lock timeout$`)) as string,
        'Last seen in its way, with locks in its schema:',
        expect.stringMatching(
          new RegExp(`^  ${blocker.pid} forgotten psql of .*, idle in transaction, with ACCESS SHARE on customer, in its transaction for `),
        ) as string,
        'These hold locks in its schema now:',
      ],
    ])

    await hasty.tenancy.runs.cancel(ada, { run })
    await hasty.ended(run)
    // The run is over, and a rerun would meet the same session: it is shown still, and can be ended. Who happens to hold a lock there now was in nobody's way.
    const passer = await somebody('nightly export', hasty)
    await passer.run(`begin; select 'theirs' from ${schemaOf(slug)}.customer`)
    const ended = await hasty.tenancy.runs.blockers(run, slug)
    expect(ended).toMatchObject({ standing: 'aside', total: 1, sessions: [{ pid: blocker.pid }], failed })
    expect(await refusalOf(hasty.tenancy.runs.terminateBlocker(ada, inputFor(run, slug, { ...one(ended, blocker.pid), pid: passer.pid })))).toMatchObject({
      code: 'session.gone',
    })
    const passing = await hasty.sql<Array<{ start: string }>>`
      select to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as start from pg_stat_activity where pid = ${passer.pid}`
    const forPasser = { ...one(ended, blocker.pid), pid: passer.pid, backendStart: passing[0]?.start ?? '' }
    expect(await refusalOf(hasty.tenancy.runs.terminateBlocker(ada, inputFor(run, slug, forPasser)))).toMatchObject({ code: 'session.not_blocking' })
    // No rerun takes a tenant that is suspended.
    const selection = { kind: 'tenants' as const, slugs: [slug] }
    await hasty.tenancy.tenants.suspend(ada, { selection, reason: '' })
    expect(await hasty.tenancy.runs.blockers(run, slug)).toMatchObject({ standing: 'free', sessions: [] })
    await hasty.tenancy.tenants.activate(ada, { selection, reason: '' })
    await hasty.tenancy.runs.terminateBlocker(ada, inputFor(run, slug, one(ended, blocker.pid)))
    await hasty.until('the session to be gone', async () => (await hasty.tenancy.runs.blockers(run, slug)).total === 0)
    await Promise.all([blocker.end(), passer.end()])
    const later = (await cli.run([...words, '--json'])).document(blockersDocument).blockers
    expect(later).toMatchObject({ standing: 'aside', sessions: [], failed })
    expect((await cli.run(['runs', 'show', String(run)])).stdout).toContain(
      `\n  Held locks in the schema of one of them when it gave up: ${blocker.pid} forgotten psql of `,
    )
  })
})
