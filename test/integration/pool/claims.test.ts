/** A tenant that was given a ready schema is the same as one that was built. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { schemaOf, type Fleet } from '../../support/fleet.ts'
import { closePoolFleet, makePoolFleet, poolNames, setSize, untilReady } from '../../support/pool.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const mark = `pc${process.pid}`
let fleet: Fleet

beforeAll(async () => {
  fleet = await makePoolFleet(databases)
  await fleet.work()
})
afterAll(() => closePoolFleet(fleet, mark))

describe('a claim', () => {
  it('makes a tenant active before the call returns', async () => {
    await setSize(fleet, 2)
    await untilReady(fleet, 2)
    const names = await poolNames(fleet)
    expect(names.schemas).toHaveLength(2)
    expect(names.roles).toEqual(names.schemas)
    const slug = `${mark}-one`
    const run = await fleet.onboard([slug])
    expect(await fleet.stateOf(run)).toBe('succeeded')
    expect(await fleet.tenancy.tenants.get(slug)).toMatchObject({ state: 'active', placements: [{ version: '0002', versionState: 'at_head' }] })
    expect(await fleet.tenancy.runs.attempts(run, slug)).toMatchObject([{ number: 1, state: 'succeeded', claimed: true, versionsApplied: ['0001', '0002'] }])
    expect(await fleet.tenancy.runs.get(run)).toMatchObject({ claimed: 1, counts: { succeeded: 1 } })
    expect((await fleet.tenancy.runs.items({ run, sort: 'position', descending: false, offset: 0, limit: 10 })).rows).toMatchObject([{ slug, claimed: true }])
    expect(await fleet.versionsOf(slug)).toEqual(['0001', '0002'])
    expect(await fleet.sql`select distinct run::int as run from ${fleet.sql(schemaOf(slug))}.tenantry_history`).toEqual([{ run }])
    await untilReady(fleet, 2)
  })
})
