/** A conductor takes a run up, and somebody changes it, or takes its server over, at that very moment. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openControl, type Control } from '../../../lib/tenancy/control/db.ts'
import { adoptRun } from '../../../lib/tenancy/runs/conduct/adopt.ts'
import { releaseLease, takeLease, type Lease } from '../../../lib/tenancy/runs/conduct/lease.ts'
import { makeFleet, ownSlugs, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

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
