/** The control database is put back to an earlier day. What the tenants' histories say wins: nothing is applied twice, and looking puts the picture right. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRunInput } from '../../../lib/tenancy/contract/index.ts'
import { Fleet, firstFiles, makeFleet, refusalOf, shortLimits, slugsOf } from '../../support/fleet.ts'
import { useDatabases, withServer } from '../../support/template.ts'

const databases = useDatabases()
const slugs = slugsOf(8, 'r')
const early = slugs.slice(0, 3)
const third = { '0003_third.sql': 'create table third (id int);' }
const fourth = { '0004_fourth.sql': 'create table fourth (id int);' }
const backups: string[] = []
const reopened: Fleet[] = []
let lost: Fleet
/** The newest run that the restored control databases know nothing of. */
let lastLostRun: number

/** A copy of the control database as it is now. */
const backUp = (): Promise<string> =>
  withServer(async (sql) => {
    const url = new URL(lost.controlUrl)
    const name = url.pathname.slice(1)
    const copy = `${name}_${backups.length + 1}`
    for (const end = Date.now() + 20_000; ; await sleep(50)) {
      await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`
      const isMade = await sql`create database ${sql(copy)} template ${sql(name)}`.then(
        () => true,
        () => false,
      )
      if (isMade) break
      if (Date.now() > end) throw new Error(`${name} could not be copied`)
    }
    backups.push(copy)
    url.pathname = `/${copy}`
    return url.href
  })

const restore = (controlUrl: string): Restored => {
  const fleet = new Restored(controlUrl, lost.urls, shortLimits)
  reopened.push(fleet)
  return fleet
}

class Restored extends Fleet {
  plan() {
    return this.tenancy.runs.plan(startRunInput.parse({ set: 'app' }))
  }
}

let hasty: Fleet
let patient: Restored
/** Put back to the moment at which a run was open. */
let open: Restored
let underWay: number

beforeAll(async () => {
  lost = await makeFleet(databases)
  const worker = await lost.work()
  await lost.verified(await lost.onboard(slugs))
  await lost.sync(third)
  await worker.stop()
  const [one, other] = [await backUp(), await backUp()]
  underWay = await lost.start()
  const whileOpen = await backUp()
  const again = await lost.work()
  await lost.ended(underWay)
  await lost.sync(fourth)
  await lost.roll({ selection: { kind: 'tenants', slugs: early } })
  lastLostRun = await lost.onboard(['late'])
  await lost.verified(lastLostRun)
  await again.stop()
  hasty = restore(one)
  patient = restore(other)
  open = restore(whileOpen)
})
afterAll(async () => {
  for (const fleet of reopened) await fleet.close()
  await lost.close()
  await withServer(async (sql) => {
    for (const name of backups) await sql`drop database if exists ${sql(name)} with (force)`
  })
})

/** When each version was applied: changes when anything is applied again. */
const marksOf = async (): Promise<readonly string[]> => {
  const found = await Promise.all(
    slugs.map(
      (slug) =>
        lost.sql<
          Array<{ mark: string }>
        >`select concat_ws(' ', version, run, applied_at) as mark from ${lost.sql(`tenant_${slug}`)}.tenantry_history order by version`,
    ),
  )
  return found.flatMap((rows, index) => rows.map(({ mark }) => `${slugs[index]} ${mark}`))
}

it('a rollout that is started on the old picture applies nothing twice, and puts the picture right', async () => {
  const before = await marksOf()
  expect(before.length).toBe(slugs.length * 3 + early.length)
  const worker = await hasty.work()
  const run = await hasty.start()
  expect(run).toBeLessThanOrEqual(lastLostRun)
  const { state, counts } = await hasty.verified(run)
  expect(state).toBe('succeeded')
  expect(counts.failed).toBe(0)
  expect(counts.succeeded + counts.skipped).toBe(slugs.length)
  expect(await marksOf()).toEqual(before)
  expect(await refusalOf(hasty.start())).toMatchObject({ code: 'run.nothing_to_do' })
  await worker.stop()
})

it('a run that was open on that day goes on, finds what it has done, and does nothing again', async () => {
  const before = await marksOf()
  const worker = await open.work()
  expect(await open.verified(underWay)).toMatchObject({ state: 'succeeded', counts: { succeeded: slugs.length - early.length, skipped: early.length } })
  expect(await marksOf()).toEqual(before)
  await worker.stop()
})

it('shows what it saw on that day, until it looks; then a plan says the truth', async () => {
  const stale = await patient.plan()
  expect(stale).toMatchObject({ total: slugs.length, byVersion: [{ version: '0002', count: slugs.length }] })
  await patient.tenancy.observation.now({})
  const plan = await patient.plan()
  expect(plan.total).toBe(0)
  expect(new Map(plan.leftOut.map(({ reason, count }) => [reason, count]))).toEqual(
    new Map([
      ['ahead', early.length],
      ['at_version', slugs.length - early.length],
    ]),
  )
  expect(await refusalOf(patient.start())).toMatchObject({ code: 'run.nothing_to_do' })
})

it('goes on from there: what was under way is finished, each version applied once', async () => {
  await patient.sync({ ...firstFiles, ...third, ...fourth })
  expect(await patient.plan()).toMatchObject({ total: slugs.length - early.length, byVersion: [{ version: '0003' }] })
  const before = await marksOf()
  const worker = await patient.work()
  const run = await patient.start()
  const { state, counts, verified } = await patient.verified(run)
  expect(state).toBe('succeeded')
  expect(counts).toMatchObject({ succeeded: slugs.length - early.length, skipped: 0, failed: 0 })
  expect(verified?.mismatches).toBe(0)
  const after = await marksOf()
  expect(after).toEqual(expect.arrayContaining([...before]))
  expect(after.length).toBe(before.length + slugs.length - early.length)
  for (const slug of slugs) expect(await patient.versionsOf(slug)).toEqual(['0001', '0002', '0003', '0004'])
  await worker.stop()
})

it('gives no run a number that the histories know from a run that was lost', async () => {
  const [newest] = await patient.control<Array<{ id: number }>>`select max(id)::int as id from run`
  expect(newest?.id).toBeGreaterThan(lastLostRun)
})

it('takes a tenant that was onboarded since then back as it is', async () => {
  const worker = await patient.work()
  const refused = await patient.ended(await patient.onboard(['late']))
  expect(refused).toMatchObject({ state: 'failed', counts: { failed: 1 } })
  const adopted = await patient.ended(await patient.onboard([{ slug: 'late', baseline: '0004' }]))
  expect(adopted).toMatchObject({ state: 'succeeded' })
  expect(await patient.versionsOf('late')).toEqual(['0001', '0002', '0003', '0004'])
  expect((await patient.tenancy.tenants.get('late')).state).toBe('active')
  await worker.stop()
})

it('takes no role along that is somebody else’s, though it has the name and may use the schema', async () => {
  await patient.sql.unsafe('create schema tenant_other; create role tenant_other; grant usage on schema tenant_other to tenant_other')
  const worker = await patient.work()
  const run = await patient.ended(await patient.onboard([{ slug: 'other', baseline: '0004' }]))
  expect(run).toMatchObject({ state: 'failed', counts: { failed: 1 } })
  expect((await patient.tenancy.runs.failures(run.id)).map(({ example }) => example.code)).toEqual(['role_exists'])
  await worker.stop()
  await patient.sql.unsafe('drop schema tenant_other; drop role tenant_other')
})
