/** Tenants that somebody changed by hand: found, told apart, accepted, left out, and never mistaken for tenants that are only behind. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DriftSet, Shape } from '../../../lib/tenancy/contract/index.ts'
import { silentLogger, silentMeters } from '../../../lib/tenancy/context.ts'
import { listTenantsInput } from '../../../lib/tenancy/contract/commands.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { pruneStructures } from '../../../lib/tenancy/drift/structures.ts'
import { observeDatabase } from '../../../lib/tenancy/observation/observe.ts'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('dr')
const files = {
  '0001_init.sql': `create table customer (id bigint generated always as identity primary key, email text not null);
    create table orders (id bigint generated always as identity primary key, customer_id bigint references customer, total numeric not null default 0);
    create index orders_customer_idx on orders (customer_id);
    create function twice(n integer) returns integer language sql as 'select 2 * n';\n`,
  '0002_note.sql': 'alter table orders add column note text;\n',
}
const slugs = ['a', 'b', 'c', 'd', 'e'].map((name) => newSlug(name))
const [a = '', b = '', c = '', d = '', e = ''] = slugs
let fleet: Fleet
let onboarding: number

beforeAll(async () => {
  fleet = await makeFleet(databases, { files })
  await fleet.work()
  onboarding = await fleet.onboard(slugs)
  await fleet.verified(onboarding)
})
afterAll(async () => {
  await fleet.close()
})

const look = (only?: readonly string[]) => fleet.tenancy.observation.now({ structure: true, ...(only ? { slugs: [...only] } : {}) })
const setNow = async (): Promise<DriftSet> => {
  const { sets } = await fleet.tenancy.drift.overview()
  const set = sets.find((one) => one.set === 'app')
  if (!set) throw new Error('no set')
  return set
}
const told = (shapes: readonly Shape[]) =>
  shapes.map(({ version, letter, state, tenants, examples, findings }) => [version, letter, state, tenants, examples, findings.map(({ sentence }) => sentence)])
const counts = ({ compared, drifted, accepted, unknown }: DriftSet) => ({ compared, drifted, accepted, unknown })
const inTenant = (slug: string, statement: string) => fleet.sql.unsafe(`set search_path = "${schemaOf(slug)}"; ${statement}; reset search_path`)
const listed = async (filter: object) => (await fleet.tenancy.tenants.list(listTenantsInput.parse(filter))).rows.map(({ slug }) => slug)
const shapeWith = async (slug: string): Promise<Shape> => {
  const shape = (await setNow()).shapes.find(({ examples }) => examples.includes(slug))
  if (!shape) throw new Error(`no shape with ${slug}`)
  return shape
}

describe('after a run', () => {
  it('structures were looked at, and all tenants are the norm', async () => {
    const set = await setNow()
    expect([counts(set), told(set.shapes)]).toEqual([{ compared: 5, drifted: 0, accepted: 0, unknown: 0 }, [['0002', null, 'norm', 5, slugs.toSorted(), []]]])
    expect(set.shapes[0]?.afterRun).toBe(onboarding)
  })

  it('they are looked at also where something else has looked at the versions meanwhile', async () => {
    await fleet.control`update observation set observed_at = now(), structure_at = null`
    await fleet.control`update run set verified_at = null where id = ${onboarding}`
    await fleet.verified(onboarding)
    expect(await fleet.control`select 1 from observation where structure_at is null`).toHaveLength(0)
  })

  it('a set that is a migration longer makes nobody drift', async () => {
    await fleet.sync({ ...files, '0003_city.sql': 'alter table customer add column city text;\n' })
    await look()
    expect(counts(await setNow())).toEqual({ compared: 5, drifted: 0, accepted: 0, unknown: 0 })
    const run = await fleet.roll({ selection: { kind: 'tenants', slugs: [a, b, c] } })
    await fleet.verified(run.id)
    expect(told((await setNow()).shapes).map(([version, , state, tenants]) => [version, state, tenants])).toEqual([
      ['0003', 'norm', 3],
      ['0002', 'norm', 2],
    ])
  })
})

it('a tenant that was there already, and was adopted, is like the others', async () => {
  const adopted = newSlug('adopted')
  await fleet.sql.unsafe(`create schema "${schemaOf(adopted)}"; set search_path = "${schemaOf(adopted)}"; ${Object.values(files).join('')} reset search_path`)
  await fleet.verified(await fleet.onboard([{ slug: adopted, baseline: '0002' }]))
  const [target] = await fleet.tenancy.drift.target(adopted)
  expect([target?.state, target?.findings]).toEqual(['norm', []])
  await fleet.tenancy.tenants.suspend(ada, { selection: { kind: 'tenants', slugs: [adopted] }, reason: '' })
  await fleet.sql.unsafe(`drop schema "${schemaOf(adopted)}" cascade`)
  await fleet.control`delete from placement using tenant where tenant.id = tenant_id and slug = ${adopted}`
})

describe('three ways of breaking a tenant', () => {
  beforeAll(async () => {
    await inTenant(a, 'drop index orders_customer_idx')
    await inTenant(b, 'alter table customer add column nick text')
    await inTenant(d, 'alter table orders alter column total drop not null')
    await look()
  })

  it('are three shapes, each with what differs, since when, and that no run did it', async () => {
    const set = await setNow()
    expect(counts(set)).toEqual({ compared: 5, drifted: 3, accepted: 0, unknown: 0 })
    const drifted = told(
      set.shapes.filter(({ state }) => state === 'drifted').toSorted((one, other) => ((one.examples[0] ?? '') < (other.examples[0] ?? '') ? -1 : 1)),
    )
    expect(drifted.map(([version, , , tenants, examples]) => [version, tenants, examples])).toEqual([
      ['0003', 1, [a]],
      ['0003', 1, [b]],
      ['0002', 1, [d]],
    ])
    expect(drifted.map(([, , , , , sentences]) => sentences)).toEqual([
      [expect.stringMatching(/orders_customer_idx.*missing/)],
      [expect.stringMatching(/nick/)],
      [expect.stringMatching(/total/)],
    ])
    expect(set.shapes.filter(({ state }) => state === 'drifted').map(({ afterRun }) => afterRun)).toEqual([null, null, null])
    expect(set.shapes.find(({ state }) => state === 'norm')?.afterRun).not.toBeNull()
  })

  it('stand in the lists: filtered by state and by shape, counted beside the filters, on the tenant’s own page', async () => {
    const shape = await shapeWith(a)
    expect([await listed({ drift: ['drifted'] }), await listed({ shape: [shape.id] }), await listed({ drift: ['norm'] })]).toEqual([
      [a, b, d].toSorted(),
      [a],
      [c, e].toSorted(),
    ])
    expect((await fleet.tenancy.tenants.facets({})).drift).toEqual([
      { value: 'drifted', count: 3 },
      { value: 'norm', count: 2 },
    ])
    const [row] = (await fleet.tenancy.tenants.list(listTenantsInput.parse({ q: a }))).rows
    expect(row?.drift).toEqual({ state: 'drifted', shape: shape.id, letter: shape.letter, severity: 'slows' })
    const [target] = await fleet.tenancy.drift.target(a)
    expect([target?.state, target?.shape, target?.findings.length, target?.afterRun, target?.problem]).toEqual(['drifted', shape.id, 1, null, null])
    expect((await fleet.tenancy.tenants.get(a)).placements[0]?.drift).toEqual(row?.drift)
    const numbers = await fleet.tenancy.onCall.numbers()
    expect(numbers.drift.toSorted((one, other) => (one.state < other.state ? -1 : 1))).toEqual([
      { set: 'app', state: 'drifted', count: 3 },
      { set: 'app', state: 'norm', count: 2 },
    ])
  })

  it('can be read as DDL beside the norm, with what leads back', async () => {
    const { id } = await shapeWith(a)
    const detail = await fleet.tenancy.drift.shape('app', id)
    expect([detail.ddl.norm?.includes('orders_customer_idx'), detail.ddl.shape.includes('orders_customer_idx')]).toEqual([true, false])
    const repair = await fleet.tenancy.drift.repair('app', id)
    expect(repair.steps.map(({ sql }) => sql)).toEqual([expect.stringMatching(/create index.*orders_customer_idx/i)])
    expect(await refusalOf(fleet.tenancy.drift.shape('app', '000000000000'))).toMatchObject({ code: 'drift.shape_unknown' })
    expect(await refusalOf(fleet.tenancy.drift.shape('nothing', id))).toMatchObject({ code: 'set.unknown' })
  })

  it('cost a full snapshot once: the next look, and a tenant that looks like another, none', async () => {
    const before = await fleet.control<Array<{ count: number }>>`select count(*)::int as count from structure_trace`
    await inTenant(c, 'drop index orders_customer_idx')
    await look([c])
    const shape = await shapeWith(a)
    expect([shape.tenants, shape.examples]).toEqual([2, [a, c].toSorted()])
    expect(await fleet.control`select count(*)::int as count from structure_trace`).toEqual(before)
  })
})

it('a function that names its own schema is like the others’; one that names another tenant’s is not', async () => {
  const [one, other] = [newSlug('one'), newSlug('other')]
  await fleet.sync(
    {
      '0001_home.sql': `do $$ begin execute format('create function home() returns text language sql as %L', format('select %L::text', current_schema())); end $$;\n`,
    },
    'named',
  )
  await fleet.verified(await fleet.onboard([one, other], { set: 'named' }))
  const stateOf = async (slug: string) => (await fleet.tenancy.drift.target(slug))[0]
  expect([(await stateOf(one))?.state, (await stateOf(other))?.state]).toEqual(['norm', 'norm'])
  await inTenant(other, `create or replace function home() returns text language sql as $$select '${schemaOf(one)}'::text$$`)
  await look([one, other])
  const wrong = await stateOf(other)
  expect([(await stateOf(one))?.state, wrong?.state, wrong?.findings.map(({ object }) => object.name)]).toEqual(['norm', 'drifted', ['home()']])
  const repair = await fleet.tenancy.drift.repair('named', wrong?.shape ?? '')
  expect([repair.steps, repair.left.map(({ reason }) => reason)]).toEqual([[], [expect.stringMatching(/names the schema that it is in/)]])
  await fleet.control`delete from placement using tenant where tenant.id = tenant_id and slug = any(${[one, other]})`
})

it('a schema whose name is one plain word is its own as well where its functions name it before a dot', async () => {
  const slug = newSlug('plain')
  const schema = `acme${String(process.pid).replace(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '')}`
  await fleet.sync(
    {
      '0001_plain.sql': `create table note (id bigint primary key);
        do $$ begin
          execute format('create function in_sql() returns bigint language sql as %L', format('select count(*) from %I.note', current_schema()));
          execute format('create function in_plpgsql() returns trigger language plpgsql as %L', format('declare n %1$I.note; begin select * into n from %1$I.note; return new; end', current_schema()));
        end $$;\n`,
    },
    'plain',
  )
  await fleet.verified(await fleet.onboard([{ slug, schema }], { set: 'plain' }))
  const [target] = await fleet.tenancy.drift.target(slug)
  expect([target?.state, target?.findings]).toEqual(['norm', []])
  await fleet.control`delete from placement using tenant where tenant.id = tenant_id and slug = ${slug}`
})

describe('deciding', () => {
  const findingOf = async (slug: string): Promise<string> => (await shapeWith(slug)).findings[0]?.key ?? ''

  it('an accepted finding stays visible and counts no more, until it is taken back', async () => {
    const finding = await findingOf(a)
    const { acceptance } = await fleet.tenancy.drift.accept(ada, { set: 'app', finding, reason: 'too large there' })
    expect(counts(await setNow())).toEqual({ compared: 5, drifted: 2, accepted: 2, unknown: 0 })
    const shape = await shapeWith(a)
    expect([shape.state, shape.findings[0]?.accepted?.reason]).toEqual(['accepted', 'too large there'])
    expect((await fleet.tenancy.drift.repair('app', shape.id)).steps).toEqual([])
    expect(await refusalOf(fleet.tenancy.drift.accept(ada, { set: 'app', finding, reason: 'again' }))).toMatchObject({
      code: 'drift.accepted_before',
      details: { by: ada.label, reason: 'too large there' },
    })
    await fleet.tenancy.drift.endAcceptance(ada, { acceptance })
    expect((await shapeWith(a)).state).toBe('drifted')
    expect(await refusalOf(fleet.tenancy.drift.endAcceptance(ada, { acceptance }))).toMatchObject({ code: 'drift.acceptance_unknown' })
    const { rows } = await fleet.tenancy.audit.list({ action: 'drift', limit: 10 })
    expect(rows.map(({ action, subject }) => [action, subject])).toEqual([
      ['drift.end_acceptance', 'app'],
      ['drift.accept', 'app'],
    ])
  })

  it('an acceptance runs out by itself, and can be given anew then', async () => {
    const finding = await findingOf(a)
    const until = new Date(Date.now() + 3_600_000).toISOString()
    await fleet.tenancy.drift.accept(ada, { set: 'app', finding, reason: 'for an hour', until })
    expect((await shapeWith(a)).state).toBe('accepted')
    // An hour later.
    await fleet.control`update drift_acceptance set until = now() - interval '1 second' where ended_at is null`
    await fleet.control`update seen_structure set accepted_until = now() - interval '1 second' where accepted_until is not null`
    const shape = await shapeWith(a)
    expect([shape.state, shape.findings[0]?.accepted]).toEqual(['drifted', null])
    expect(await listed({ drift: ['drifted'] })).toEqual([a, b, c, d].toSorted())
    await fleet.tenancy.drift.accept(ada, { set: 'app', finding, reason: 'for good' })
    expect((await shapeWith(a)).state).toBe('accepted')
    expect(await refusalOf(fleet.tenancy.drift.accept(ada, { set: 'app', finding, reason: 'x', until: '2020-01-01T00:00:00Z' }))).toMatchObject({
      code: 'drift.until_past',
    })
    expect(await refusalOf(fleet.tenancy.drift.accept(ada, { set: 'app', finding: 'none', reason: 'x' }))).toMatchObject({ code: 'drift.finding_unknown' })
  })

  it('a facet that the set leaves out makes nobody drift, and does again when it is compared', async () => {
    await inTenant(e, `comment on table customer is 'by hand'`)
    await look([e])
    expect((await shapeWith(e)).state).toBe('drifted')
    await fleet.tenancy.drift.ignoreFacets(ada, { set: 'app', facets: ['comments'] })
    expect([(await shapeWith(e)).state, (await setNow()).ignored]).toEqual(['norm', ['comments']])
    await fleet.tenancy.drift.ignoreFacets(ada, { set: 'app', facets: [] })
    expect((await shapeWith(e)).state).toBe('drifted')
  })
})

describe('what is not known', () => {
  it('is said with file and line where the set cannot be replayed, and hinders nothing else', async () => {
    const adopted = newSlug('adopted')
    await fleet.sync(
      { '0001_init.sql': 'create table a (id integer);\n', '0002_late.sql': `\ndo $$ begin raise exception 'nobody is there'; end $$;\n` },
      'late',
    )
    await fleet.sql.unsafe(`create schema "${schemaOf(adopted)}"; create table "${schemaOf(adopted)}".a (id integer)`)
    await fleet.verified(await fleet.onboard([{ slug: adopted, baseline: '0002' }], { set: 'late' }))
    const [target] = await fleet.tenancy.drift.target(adopted)
    expect([target?.state, target?.problem]).toEqual(['unknown', 'Replaying the set failed (0002_late.sql, line 2): nobody is there (P0001).'])
    const { sets } = await fleet.tenancy.drift.overview()
    expect(sets.find(({ set }) => set === 'late')).toMatchObject({
      compared: 0,
      unknown: 1,
      shapes: [{ state: 'unknown', problem: target?.problem, examples: [adopted] }],
    })
    expect((await fleet.tenancy.tenants.get(adopted)).placements[0]).toMatchObject({ versionState: 'at_head', drift: { state: 'unknown' } })
  })

  it('is said: since its last migration a target was not looked at', async () => {
    await inTenant(e, `comment on table customer is null`)
    await fleet.control`update observation set digest = 'of another version' from target where target.id = target_id and schema_name = ${schemaOf(e)}`
    expect(counts(await setNow())).toMatchObject({ unknown: 1 })
    const [target] = await fleet.tenancy.drift.target(e)
    expect([target?.state, target?.problem]).toEqual(['unknown', expect.stringMatching(/since/)])
    await look([e])
    expect((await shapeWith(e)).state).toBe('norm')
  })

  it('for no longer than a look at versions: that takes those along that are at another version, and no other', async () => {
    await fleet.control`update observation set structure_at = '2020-01-01'`
    await fleet.control`update observation set seen_id = null from target where target.id = target_id and schema_name = ${schemaOf(e)}`
    const control = openControl(fleet.controlUrl)
    const [database] = await fleet.control<Array<{ id: string }>>`select id from database`
    const library = { control, secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() }
    expect(await observeDatabase(library, Number(database?.id), null, undefined, 'changed')).toMatchObject({ problem: null })
    await control.close()
    expect(await fleet.control`select schema_name from observation join target on target.id = target_id where structure_at > '2020-01-02'`).toEqual([
      { schema_name: schemaOf(e) },
    ])
    expect((await shapeWith(e)).state).toBe('norm')
  })

  it('something is there that the norm does not have and that cannot be compared: not taken for the norm, and named', async () => {
    const one = newSlug('operator')
    await fleet.verified(await fleet.onboard([one]))
    await inTenant(one, 'create operator === (function = texteq, leftarg = text, rightarg = text)')
    await look([one])
    const shape = await shapeWith(one)
    const uncompared = ['operator ===(text,text)']
    expect([shape.state, shape.tenants, shape.findings, shape.uncompared, shape.problem]).toEqual([
      'unknown',
      1,
      [],
      uncompared,
      expect.stringMatching(/operator ===\(text,text\)/),
    ])
    const [target] = await fleet.tenancy.drift.target(one)
    expect([target?.state, target?.uncompared, target?.problem]).toEqual(['unknown', uncompared, shape.problem])
    await inTenant(one, 'drop operator === (text, text)')
    await look([one])
    const [after] = await fleet.tenancy.drift.target(one)
    expect([after?.state, after?.uncompared]).toEqual(['norm', []])
    await fleet.control`delete from placement using tenant where tenant.id = tenant_id and slug = ${one}`
  })

  it('the history of a tenant left the set’s track: there is nothing to compare with', async () => {
    await inTenant(e, `update tenantry_history set checksum = 'edited' where version = '0001'`)
    await look([e])
    const shape = await shapeWith(e)
    expect([shape.state, shape.problem]).toEqual(['unknown', expect.stringMatching(/not one of the set/)])
  })
})

it('structures that nothing stands for since yesterday are forgotten, and no other', async () => {
  const control = openControl(fleet.controlUrl)
  const [before] = await fleet.control<Array<{ used: number }>>`
    select count(distinct x.structure_id)::int as used from seen_structure x join observation o on o.seen_id = x.id`
  await fleet.control`update structure set made_at = now() - interval '2 days'`
  await fleet.control`update structure_trace set used_on = current_date - 31`
  await fleet.control`delete from reference`
  await fleet.control`insert into structure (fingerprint, facets, objects) values ('of today', '{}', '[]')`
  await fleet.control`update shape_last_seen set seen_at = now() - interval '91 days' where letter = 'B'`
  const told = await fleet.tenancy.drift.overview()
  await pruneStructures(control.db)
  await control.close()
  // Norms that nobody has stay for those who are measured by them.
  const [after] = await fleet.control<Array<{ kept: number; today: number; norms: number }>>`
    select count(*)::int as kept, count(*) filter (where fingerprint = 'of today')::int as today,
      count(*) filter (where id in (select norm_id from seen_structure) and id not in (select structure_id from seen_structure))::int as norms from structure`
  expect((after?.kept ?? 0) - (after?.norms ?? 0) - (after?.today ?? 0)).toBe(before?.used)
  expect(after?.today).toBe(1)
  const known = await fleet.control<Array<{ isOld: boolean }>>`select distinct coalesce(letter = 'B', false) as "isOld" from shape_last_seen`
  expect(known.map(({ isOld }) => isOld)).toEqual([false])
  expect(await fleet.tenancy.drift.overview()).toEqual(told)
})

it('nothing of it is left on the server', async () => {
  const rows = await fleet.sql`select nspname from pg_namespace where nspname like 'tenantry_reference%'`
  expect([...rows]).toEqual([])
  await fleet.dropRoles(mark)
})

it('the control plane is what its own migrations make', async () => {
  expect(await fleet.tenancy.drift.control()).toEqual({ state: 'norm', findings: [], problem: null })
  await fleet.control.unsafe('drop index tenantry.observation_seen')
  const { state, findings } = await fleet.tenancy.drift.control()
  expect([state, findings.map(({ sentence }) => sentence)]).toEqual(['drifted', [expect.stringMatching(/observation_seen.*missing/)]])
})
