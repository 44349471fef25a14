/** A conductor takes a run up, and somebody changes it, or takes its server over, at that very moment. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { migrationsDir } from '../../../lib/connection.ts'
import { openControl, type Control } from '../../../lib/tenancy/control/db.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { defaultLimits, type Scene } from '../../../lib/tenancy/migrations/apply.ts'
import { digestOf } from '../../../lib/tenancy/migrations/digest.ts'
import { createHistory } from '../../../lib/tenancy/migrations/history.ts'
import { adoptRun } from '../../../lib/tenancy/runs/conduct/adopt.ts'
import { Desk } from '../../../lib/tenancy/runs/conduct/desk.ts'
import { executeItem } from '../../../lib/tenancy/runs/conduct/execute.ts'
import { conductLimits } from '../../../lib/tenancy/runs/conduct/limits.ts'
import { connectFleet } from '../../../lib/tenancy/session/fleet-connection.ts'
import { runOf, workOf } from '../../support/driven.ts'
import { migrationOf } from '../../support/migration.ts'
import { releaseLease, takeLease, type Lease } from '../../../lib/tenancy/runs/conduct/lease.ts'
import { makeFleet, ownSlugs, type Fleet } from '../../support/fleet.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('tu')
let fleet: Fleet
let control: Control
let lease: Lease
let run: number

beforeAll(async () => {
  fleet = await makeFleet(databases)
  control = openControl(fleet.controlUrl)
  const worker = await fleet.work()
  await fleet.verified(await fleet.onboard([newSlug('t')]))
  await worker.stop()
})
beforeEach(async () => {
  const [row] = await fleet.control<Array<{ id: string; server: string }>>`
    insert into run (kind, set_id, migrations, digest, started_by) select 'migrate', set_id, '[]', 'none', 'nobody' from run limit 1
    returning id, (select min(id) from server) as server`
  run = Number(row?.id)
  lease = await takeLease(control.db, Number(row?.server), 'taking-up')
})
afterAll(async () => {
  await releaseLease(control.db, lease)
  await control.close()
  await fleet.dropRoles(mark)
  await fleet.close()
})

const found = async () => {
  const [row] = await fleet.control<Array<{ state: string; isBegun: boolean; revision: string }>>`
    select state, started_at is not null as "isBegun", revision from run where id = ${run}`
  return row
}

/** Adopts the run while a change of the control plane is under way, which commits once the adoption waits for it. */
const adoptDuring = async (change: string): Promise<unknown> => {
  const other = await fleet.control.reserve()
  await other.unsafe(`begin; ${change}`)
  const adopting = adoptRun(control.db, lease, run).catch((error: unknown) => error)
  await fleet.until('the adoption to wait', async () => {
    const waiting =
      await fleet.control`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%with lease%'`
    return waiting.length === 1
  })
  await other.unsafe('commit')
  other.release()
  return adopting
}

it('a queued one begins, once', async () => {
  expect(await adoptRun(control.db, lease, run)).toMatchObject({ id: run, state: 'running', revision: 1 })
  expect(await adoptRun(control.db, lease, run)).toMatchObject({ id: run, state: 'running', revision: 1 })
  expect(await found()).toMatchObject({ state: 'running', isBegun: true })
})

it.each(['running', 'pausing', 'cancelling'])('one that was made %s before anybody had it has been taken up from then on', async (state) => {
  await fleet.control`update run set state = ${state} where id = ${run}`
  expect(await adoptRun(control.db, lease, run)).toMatchObject({ id: run, state })
  expect(await found()).toMatchObject({ state, isBegun: true })
})

it('one that was cancelled meanwhile wants nothing any more, and one that is being cancelled is not begun', async () => {
  expect(await adoptDuring(`update run set state = 'cancelled', finished_at = now() where id = ${run}`)).toBeNull()
  expect(await found()).toMatchObject({ state: 'cancelled', isBegun: false })
  await fleet.control`update run set state = 'queued', finished_at = null where id = ${run}`
  expect(await adoptDuring(`update run set state = 'cancelling', revision = revision + 1 where id = ${run}`)).toMatchObject({ state: 'cancelling' })
  expect(await found()).toMatchObject({ state: 'cancelling' })
})

it('of a server that another one takes over meanwhile is not begun', async () => {
  const error = await adoptDuring(`update conductor set epoch = epoch + 1 where server_id = ${lease.serverId}`)
  expect(error).toMatchObject({ name: 'LeaseLost' })
  expect(await found()).toMatchObject({ state: 'queued', isBegun: false, revision: '0' })
})

it('an item of it that an earlier try had committed, or some of it, is told from one that this try did', async () => {
  const files = await Promise.all(['0001', '0002'].map((version) => migrationOf(version, `create table taken_${version} (id int);`)))
  const migrations = files.map((file, index) => ({ ...file, prefixDigest: digestOf(files.slice(0, index + 1)), isShared: false }))
  const connection = await connectFleet(fleet.urls[0] ?? '', { applicationName: 'taking-up' })
  const desk = new Desk(control, lease, conductLimits)
  const tryItem = async (schema: string, until: number, attempts: number) => {
    const scene: Scene = { schema, extensionSchemas: [], run: 7, applicationName: 'taking-up', limits: defaultLimits }
    return executeItem(
      { connection, scene, serverVersion: 150_000, desk },
      workOf(runOf(7, { migrations: migrations.slice(0, until) }), 1, { schema, attempts }),
    )
  }
  try {
    for (const schema of ['taken_whole', 'taken_part']) await fleet.sql.unsafe(`create schema ${schema}; ${createHistory(schema)}`)
    const whole = await tryItem('taken_whole', 2, 0)
    expect(whole).toMatchObject({ kind: 'succeeded', versions: ['0001', '0002'] })
    expect(whole).not.toHaveProperty('resumed')
    expect(await tryItem('taken_whole', 2, 1)).toMatchObject({ kind: 'succeeded', versions: ['0001', '0002'], resumed: true })
    expect(await tryItem('taken_part', 1, 0)).not.toHaveProperty('resumed')
    expect(await tryItem('taken_part', 2, 1)).toMatchObject({ kind: 'succeeded', versions: ['0002'], resumed: true })
  } finally {
    await connection.close()
  }
})

it('one that works is let go by whoever is overtaken, who has no failure to tell', async () => {
  const said: Array<{ level: string; event: string; fields: object }> = []
  const say = (level: string) => (fields: object, event: string) => void said.push({ level, event, fields })
  const logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }
  await fleet.sync({ '0003_slow.sql': 'select pg_sleep(3); alter table customer add column slow int;' })
  const slow = await fleet.start()
  await releaseLease(control.db, lease)
  const tenancy = createTenancy({ controlUrl: fleet.controlUrl, secret: testSecret, migrationsDir, limits: fleet.limits, logger })
  const worker = await tenancy.startWorker({ name: 'overtaken', schedules: false })
  try {
    await fleet.until(
      'the item to be on its way',
      async () => (await fleet.control`select from run_item where run_id = ${slow} and state = 'running'`).length === 1,
    )
    const epochs = said.filter(({ event }) => event === 'conductor.started').length
    lease = await takeLease(control.db, lease.serverId, 'taking-up')
    await fleet.until('the older one to end', async () => said.filter(({ event }) => event === 'conductor.ended').length === epochs)
    await expect.poll(() => said.filter(({ event }) => event === 'conductor.lease_lost')).toMatchObject([{ level: 'warn' }])
    const lost = said.find(({ event }) => event === 'conductor.lease_lost')
    expect(lost?.fields).toEqual({ server: lease.serverId, worker: 'overtaken', reason: expect.stringContaining('newer conductor') as string })
    expect(said.filter(({ event, level }) => event === 'job.failed' || level === 'error')).toEqual([])
  } finally {
    await worker.stop()
    await tenancy.close()
  }
})
