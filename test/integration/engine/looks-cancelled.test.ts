/** Looks that a person stops: what their server is asked ends there, what was whole stays, and who it was is written down. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { commandLine } from '../../support/command-line.ts'
import { giveTurns, holdTurns } from '../../support/server-turns.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { newSlug } = ownSlugs('lc')
const slug = newSlug('a')
let fleet: Fleet
let stalled = ''

beforeAll(async () => {
  fleet = await makeFleet(databases)
  await fleet.work()
  await fleet.verified(await fleet.onboard([slug]))
  await fleet.tenancy.observation.now({ structure: true })
  stalled = schemaOf(slug)
})
beforeEach(async () => {
  // What a look has seen stands there before its job has ended.
  await fleet.until('earlier looks to end', async () => (await open()).length === 0)
  await fleet.control`update observation set observed_at = '2020-01-01', structure_at = '2020-01-01'`
})
afterAll(() => fleet.close())

/** Backends of looks that are at the slow history. */
const backends = () =>
  fleet.sql`select pid, query from pg_stat_activity where datname = current_database() and application_name like '%observe' and state = 'active' and wait_event = 'PgSleep'`
const open = () => fleet.tenancy.observation.looks()
const observed = async () => (await fleet.control<Array<{ isNew: boolean }>>`select observed_at > '2021-01-01' as "isNew" from observation`)[0]?.isNew
const trail = async () => (await fleet.tenancy.audit.list({ action: 'targets.cancelLook', limit: 10 })).rows

/** A history that takes a minute to be read: its numbers of runs are of a type that is slow to become text. */
const stall = async (): Promise<() => Promise<unknown>> => {
  await fleet.sql.unsafe(`
    create type public.slow_run as (number bigint);
    create function public.slowly(public.slow_run) returns text language plpgsql as $$ begin perform pg_catalog.pg_sleep(60); return $1.number::text; end $$;
    create cast (public.slow_run as text) with function public.slowly(public.slow_run);
    alter table ${stalled}.tenantry_history alter column run type public.slow_run using row(run)::public.slow_run`)
  return () => fleet.sql.unsafe(`alter table ${stalled}.tenantry_history alter column run type bigint using (run).number; drop type public.slow_run cascade`)
}

it('one that waits is gone from the queue, with an audit row, and is looked for in vain afterwards', async () => {
  await holdTurns(fleet.control)
  await fleet.tenancy.observation.request(ada, { structure: true, slugs: [slug] })
  const [look] = await open()
  expect(look).toMatchObject({ databases: ['db1'], targets: 1, structure: true, isAsked: true })
  await fleet.until('it to be under way', async () => (await open())[0]?.isUnderWay === true)
  await fleet.tenancy.observation.cancel(ada, { look: look?.id ?? '' })
  expect(await open()).toEqual([])
  expect(await refusalOf(fleet.tenancy.observation.cancel(ada, { look: look?.id ?? '' }))).toMatchObject({ code: 'look.unknown' })
  expect(await trail()).toMatchObject([{ actor: ada.label, details: { databases: ['db1'], structure: true } }])
  await giveTurns(fleet.control)
  await fleet.tenancy.observation.request(ada, { slugs: [slug] })
  await fleet.until('the next one to be done', async () => (await observed()) === true)
})

it('one under way ends on its server, long before its statement would, and what was seen before stays', async () => {
  const mend = await stall()
  await fleet.tenancy.observation.request(ada, { structure: true })
  await fleet.until('its query', async () => (await backends()).length === 1)
  const [look] = await open()
  await fleet.tenancy.observation.cancel(ada, { look: look?.id ?? '' })
  await fleet.until('its end', async () => (await backends()).length === 0)
  expect([await open(), await observed()]).toEqual([[], false])
  await mend()
  await fleet.tenancy.observation.request(ada, { structure: true })
  await fleet.until('the next one to be done', async () => (await observed()) === true && (await open()).length === 0)
  expect((await fleet.tenancy.drift.target(slug))[0]?.state).toBe('norm')
})

it('one in this process ends by its signal', async () => {
  const mend = await stall()
  const stop = new AbortController()
  const looking = fleet.tenancy.observation.now({ structure: true }, stop.signal)
  await fleet.until('its query', async () => (await backends()).length === 1)
  stop.abort()
  expect(await looking).toMatchObject({ isCancelled: true, unreachable: [], unread: [] })
  expect([(await backends()).length, await observed()]).toEqual([0, false])
  await mend()
})

it('one of the command line ends by Ctrl-C, and the line says so', async () => {
  const mend = await stall()
  const { child, ended } = commandLine(fleet.controlUrl).start(['status', '--refresh'])
  const early = ended.then(({ code, stderr }) => expect.fail(`it ended with ${code} before it looked: ${stderr}`))
  await Promise.race([fleet.until('its query', async () => (await backends()).length === 1), early])
  early.catch(() => {})
  child.kill('SIGINT')
  const { code, stdout, stderr } = await ended
  expect([code, stdout, stderr]).toEqual([130, '', expect.stringContaining('The look was stopped.')])
  expect([(await backends()).length, await observed()]).toEqual([0, false])
  await mend()
})
