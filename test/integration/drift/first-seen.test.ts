/** Since when something differs, and whether a run did it: kept by what differs, whatever is migrated or mended around it. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { newSlug } = ownSlugs('fs')
const [a = '', b = ''] = ['a', 'b'].map((name) => newSlug(name))
const files = { '0001_init.sql': 'create table orders (id bigint primary key, total numeric not null default 0);\n' }
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases, { files })
  await fleet.work()
  await fleet.verified(await fleet.onboard([a, b]))
})
afterAll(() => fleet.close())

const change = async (slug: string, statement: string) => {
  await fleet.sql.unsafe(`set search_path = "${schemaOf(slug)}"; ${statement}; reset search_path`)
  await fleet.tenancy.observation.now({ structure: true })
}
const driftOf = async (slug: string) => {
  const [target] = await fleet.tenancy.drift.target(slug)
  if (!target) throw new Error('no target')
  return target
}
/** By the name of what differs. */
const sinceIn = async (slug: string) => {
  const { findings, findingsSince } = await driftOf(slug)
  return new Map(findings.map(({ key, object }) => [object.name, findingsSince[key]]))
}
const shapeOf = async (slug: string) => {
  const { set, shape } = await driftOf(slug)
  return fleet.tenancy.drift.shape(set, shape ?? '')
}

it('outlives rollouts: a column that was added by hand stays somebody’s from outside', async () => {
  await change(a, 'alter table orders add column nick text')
  const { since, afterRun, findings } = await driftOf(a)
  const first = (await sinceIn(a)).get('nick')
  expect([findings.length, first, afterRun]).toEqual([1, { since, afterRun: null }, null])
  await fleet.sync({ ...files, '0002_more.sql': 'alter table orders add column city text;\n' })
  const run = await fleet.roll()
  await fleet.verified(run.id)
  const after = await driftOf(a)
  expect([after.state, after.since, after.afterRun, (await sinceIn(a)).get('nick')]).toEqual(['drifted', since, null, first])
  const shape = await shapeOf(a)
  expect([shape.version, shape.firstSeenAt, shape.afterRun, Object.values(shape.since)]).toEqual(['0002', since, null, [first]])
  // What is as it should be has been so since the run.
  expect([(await driftOf(b)).state, (await driftOf(b)).afterRun]).toEqual(['norm', run.id])
})

it('is each finding’s own; a shape is since its newest, also when that is mended', async () => {
  const before = (await sinceIn(a)).get('nick')
  await change(a, 'create index by_hand on orders (total)')
  const both = await sinceIn(a)
  expect(both.get('nick')).toEqual(before)
  const index = both.get('by_hand')
  expect([index?.afterRun, (index?.since ?? '') > (before?.since ?? '')]).toEqual([null, true])
  expect((await shapeOf(a)).firstSeenAt).toBe(index?.since)
  await change(a, 'drop index by_hand')
  expect([[...(await sinceIn(a)).keys()], (await driftOf(a)).since]).toEqual([['nick'], before?.since])
})

it('begins anew when it was gone in between', async () => {
  const before = (await sinceIn(a)).get('nick')
  await change(a, 'alter table orders drop column nick')
  expect([(await driftOf(a)).state, (await driftOf(a)).findingsSince]).toEqual(['norm', {}])
  await change(a, 'alter table orders add column nick text')
  expect(((await sinceIn(a)).get('nick')?.since ?? '') > (before?.since ?? '')).toBe(true)
})

it('is the run’s where it recorded what it did not make, though the structure is as before', async () => {
  await fleet.sync({
    '0003_nothing.sql': `do $$ begin if current_schema() <> '${schemaOf(b)}' then alter table orders add column state text; end if; end $$;\n`,
  })
  const run = await fleet.roll()
  expect((await fleet.verified(run.id)).verified).toMatchObject({ different: 1 })
  expect((await sinceIn(b)).get('state')?.afterRun).toBe(run.id)
  expect((await sinceIn(a)).get('nick')?.afterRun).toBeNull()
})

it('is in the way of the next migration as soon as that is known, whatever it was accepted as, until it was rolled out', async () => {
  await change(b, 'alter table orders add column zip text')
  const zip = async () => {
    const { findings, state, problem } = await driftOf(b)
    return {
      state,
      problem,
      told: findings.flatMap(({ key, object, severity, sentence, accepted }) =>
        object.name === 'zip' ? [{ key, is: `${severity}: ${sentence}`, accepted: accepted?.reason ?? null }] : [],
      ),
    }
  }
  const outside = 'harmless: Column zip of orders was added outside of its migrations.'
  const inTheWay =
    'breaks: Column zip of orders was added before its migration: one that is still to come makes something of that name, and will find it there.'
  const others = (await driftOf(b)).findings.filter(({ object }) => object.name !== 'zip')
  const key = (await zip()).told[0]?.key ?? ''
  const accept = (reason: string) => fleet.tenancy.drift.accept(ada, { set: 'app', finding: key, reason })
  for (const finding of others) await fleet.tenancy.drift.accept(ada, { set: 'app', finding: finding.key, reason: 'known' })
  await accept('a hotfix')
  expect(await zip()).toEqual({ state: 'accepted', problem: null, told: [{ key, is: outside, accepted: 'a hotfix' }] })

  await fleet.sync({ '0004_zip.sql': 'alter table orders add column zip text;\n' })
  // Nobody has run it yet, and looking does not.
  await fleet.tenancy.observation.now({ structure: true })
  expect((await zip()).told).toEqual([{ key, is: outside, accepted: 'a hotfix' }])
  await fleet.verified((await fleet.roll({ selection: { kind: 'tenants', slugs: [a] } })).id)
  expect(await zip()).toEqual({ state: 'drifted', problem: null, told: [{ key, is: inTheWay, accepted: null }] })

  // What is not known yet makes nothing forgotten of what is.
  await fleet.sync({ '0005_more.sql': 'alter table orders add column more text;\n' })
  expect((await zip()).told).toEqual([{ key, is: inTheWay, accepted: null }])
  await fleet.tenancy.observation.now({ structure: true })
  expect((await zip()).told).toEqual([{ key, is: inTheWay, accepted: null }])

  await accept('its migration goes round it')
  expect(await zip()).toEqual({ state: 'accepted', problem: null, told: [{ key, is: inTheWay, accepted: 'its migration goes round it' }] })
  expect(await refusalOf(accept('again'))).toMatchObject({ code: 'drift.accepted_before' })
  const run = await fleet.roll()
  expect(run.counts).toMatchObject({ succeeded: 1, failed: 1 })
})
