/** A server that is made ready for a run while that is still being written. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openControl, type Control } from '../../../lib/tenancy/control/db.ts'
import { announceRun } from '../../../lib/tenancy/runs/announce.ts'
import { makeFleet, ownSlugs, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rz')
let fleet: Fleet
let control: Control
let place: { readonly serverId: number; readonly databaseId: number }

beforeAll(async () => {
  fleet = await makeFleet(databases, { limits: { lingerMs: 4_000 } })
  control = openControl(fleet.controlUrl)
  const [row] = await fleet.control<Array<{ server_id: string; id: string }>>`select server_id, id from database`
  place = { serverId: Number(row?.server_id), databaseId: Number(row?.id) }
  await fleet.work()
  await fleet.ended(await fleet.onboard([newSlug('a'), newSlug('b')]))
  await nobodyDrives()
})
afterAll(async () => {
  await control.close()
  await fleet.dropRoles(mark)
  await fleet.close()
})

const drivers = () => fleet.control`select 1 from conductor where worker is not null`
/** Of conductors, their fences aside. */
const connections = () =>
  fleet.sql`select 1 from pg_stat_activity where datname = current_database() and application_name ~ '^tenantry:[0-9a-f]+:c[0-9]+' and application_name not like '% fence'`
/** Announced as often as it takes: the queue may still be about to say of the one before that it has ended. */
const isConnected = (items: Parameters<typeof announceRun>[1], maxConcurrent: number | null): Promise<void> =>
  fleet.until('two connections', async () => {
    await announceRun(control.db, items, maxConcurrent)
    return (await connections()).length === 2
  })
const nobodyDrives = () => fleet.until('nobody to drive the server', async () => (await drivers()).length === 0)

it('is driven and connected to before the run is there, and left again when none comes', async () => {
  await isConnected([place, place, place], 2)
  expect(await drivers()).toHaveLength(1)
  await nobodyDrives()
  await fleet.until('no connection', async () => (await connections()).length === 0)
})

it('and is worked on over these connections when one does', async () => {
  await fleet.sync({ '0009_ready.sql': 'alter table customer add column ready boolean;' })
  await isConnected([place, place], null)
  const [before] = await fleet.control`select epoch from conductor`
  expect(await fleet.ended(await fleet.start({ set: 'app' }))).toMatchObject({ state: 'succeeded', counts: { succeeded: 2 } })
  expect(await fleet.control`select epoch from conductor`).toEqual([before])
  await nobodyDrives()
})

it('hinders nobody when it is not there any more', async () => {
  await announceRun(control.db, [{ serverId: 4_711, databaseId: 4_711 }], null)
  await announceRun(control.db, [{ serverId: place.serverId, databaseId: 4_711 }], null)
  await fleet.sync({ '0010_still.sql': 'alter table customer add column still boolean;' })
  expect(await fleet.ended(await fleet.start({ set: 'app' }))).toMatchObject({ state: 'succeeded', counts: { succeeded: 2 } })
})
