/** Who drives a server, and what becomes of those who did. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openControl, type Control } from '../../../lib/tenancy/control/db.ts'
import { beat, endOlderBackends, LeaseLost, openFence, releaseLease, takeLease, type Lease } from '../../../lib/tenancy/runs/conduct/lease.ts'
import { connectFleet, type FleetConnection } from '../../../lib/tenancy/session/fleet-connection.ts'
import { makeFleet, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
let fleet: Fleet
let control: Control
let server: number
let url: string

beforeAll(async () => {
  fleet = await makeFleet(databases)
  control = openControl(fleet.controlUrl)
  url = fleet.urls[0] ?? ''
  server = Number((await fleet.control<Array<{ id: string }>>`select id from server`)[0]?.id)
})
afterAll(async () => {
  await control.close()
  await fleet.close()
})

const quiet = { waitingFor: null, pace: null }

describe('a lease', () => {
  it('is taken by whoever comes last, each with a higher epoch; the one before is refused from then on', async () => {
    const first = await takeLease(control.db, server, 'first')
    await beat(control.db, first, quiet)
    const second = await takeLease(control.db, server, 'second')
    expect(second.epoch).toBe(first.epoch + 1)
    await expect(beat(control.db, first, quiet)).rejects.toThrow(LeaseLost)
    await releaseLease(control.db, first)
    expect(await fleet.control`select worker, waiting_for from conductor`).toEqual([{ worker: 'second', waiting_for: null }])
    await beat(control.db, second, { ...quiet, waitingFor: 'database app: 53300' })
    expect(await fleet.control`select worker, waiting_for from conductor`).toEqual([{ worker: 'second', waiting_for: 'database app: 53300' }])
    await releaseLease(control.db, second)
    expect(await fleet.control`select worker, waiting_for from conductor`).toEqual([{ worker: null, waiting_for: null }])
  })

  it('ends the backends of older epochs alone: not its own, not newer ones, not another console’s', async () => {
    const lease: Lease = { serverId: server, epoch: 10, installation: 'aaaaaaaa' }
    const names = ['c1', 'c9 run 4 tenant_acme', 'c9 fence', 'c10', 'c10 run 4 tenant_acme', 'c11', 'c100 fence', 'observe'].map(
      (name) => `tenantry:aaaaaaaa:${name}`,
    )
    const connections: FleetConnection[] = []
    for (const applicationName of [...names, 'tenantry:bbbbbbbb:c1', 'psql']) connections.push(await connectFleet(url, { applicationName }))
    const asking = await connectFleet(url, { applicationName: 'tenantry:aaaaaaaa:c10 asking' })
    expect(await endOlderBackends(asking, lease)).toBe(3)
    const left = await fleet.sql<
      Array<{ name: string }>
    >`select application_name as name from pg_stat_activity where datname = current_database() and (application_name like 'tenantry:%:c%' or application_name in ('psql', 'tenantry:aaaaaaaa:observe')) order by 1`
    expect(left.map(({ name }) => name)).toEqual([
      'psql',
      'tenantry:aaaaaaaa:c10',
      'tenantry:aaaaaaaa:c10 asking',
      'tenantry:aaaaaaaa:c10 run 4 tenant_acme',
      'tenantry:aaaaaaaa:c100 fence',
      'tenantry:aaaaaaaa:c11',
      'tenantry:aaaaaaaa:observe',
      'tenantry:bbbbbbbb:c1',
    ])
    for (const connection of [...connections, asking]) await connection.close()
  })

  it('ends them in the other databases of the server too', async () => {
    const lease: Lease = { serverId: server, epoch: 10, installation: 'cccccccc' }
    const [elsewhere, foreign] = [await databases.empty(), await databases.empty()]
    const [older, newer, notOurs] = [
      await connectFleet(elsewhere, { applicationName: 'tenantry:cccccccc:c9' }),
      await connectFleet(elsewhere, { applicationName: 'tenantry:cccccccc:c11' }),
      await connectFleet(foreign, { applicationName: 'tenantry:cccccccc:c9' }),
    ]
    const asking = await connectFleet(url, { applicationName: 'tenantry:cccccccc:c10 asking' })
    expect(await endOlderBackends(asking, lease, [new URL(elsewhere).pathname.slice(1)])).toBe(1)
    await expect.poll(() => [older.dead, newer.dead, notOurs.dead]).toEqual([true, false, false])
    for (const connection of [older, newer, notOurs, asking]) await connection.close()
  })

  it('has one fence on its server, which nobody passes while it stands', async () => {
    const older = await takeLease(control.db, server, 'older')
    const newer = await takeLease(control.db, server, 'newer')
    const fence = await openFence(url, newer)
    await expect(openFence(url, older)).rejects.toThrow(LeaseLost)
    expect(fence.dead).toBe(false)
    expect(await fence.query('select 1 as one')).toMatchObject([{ one: expect.anything() }])
    const newest = await takeLease(control.db, server, 'newest')
    const next = await openFence(url, newest)
    await fleet.until('the older fence to fall', async () => fence.dead)
    await fence.close()
    await next.close()
  })

  it('takes a fence that was let go', async () => {
    const one = await takeLease(control.db, server, 'one')
    const fence = await openFence(url, one)
    await fence.close()
    const other = await openFence(url, await takeLease(control.db, server, 'two'))
    await other.close()
  })
})
