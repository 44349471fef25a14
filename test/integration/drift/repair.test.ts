/** Targets of one shape are led to their norm by a run: what the structure proves is committed, anything else is not. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Shape } from '../../../lib/tenancy/contract/index.ts'
import { runItemsInput } from '../../../lib/tenancy/contract/commands.ts'
import { ada, makeFleet, ownSlugs, refusalOf, schemaOf, type Fleet } from '../../support/fleet.ts'
import { silentLogger, silentMeters } from '../../../lib/tenancy/context.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { observeDatabase } from '../../../lib/tenancy/observation/observe.ts'
import { verifyRun } from '../../../lib/tenancy/runs/verify.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { newSlug } = ownSlugs('rp')
const slugs = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => newSlug(name))
const [a = '', b = '', c = '', d = '', e = '', f = '', g = '', h = ''] = slugs
const files = {
  '0001_init.sql': `create table customer (id bigint primary key, email text not null);
    create table orders (id bigint primary key, customer_id bigint references customer, total numeric not null default 0);
    create index orders_customer_idx on orders (customer_id);
    create view large as select id, total from orders where total > 1000;\n`,
}
let fleet: Fleet
let worker: Awaited<ReturnType<Fleet['work']>>

beforeAll(async () => {
  fleet = await makeFleet(databases, { files })
  worker = await fleet.work()
  await fleet.verified(await fleet.onboard(slugs))
})
afterAll(() => fleet.close())

const look = () => fleet.tenancy.observation.now({ structure: true })
const change = async (slug: string, statement: string): Promise<void> => {
  await fleet.sql.unsafe(`set search_path = "${schemaOf(slug)}"; ${statement}; reset search_path`)
}
const shapes = async (): Promise<readonly Shape[]> => (await fleet.tenancy.drift.overview()).sets[0]?.shapes ?? []
const shapeOf = async (slug: string): Promise<string> => (await fleet.tenancy.drift.target(slug))[0]?.shape ?? ''
const stateOf = async (slug: string) => (await fleet.tenancy.drift.target(slug))[0]?.state
const repair = async (shape: string, part: { readonly slugs?: string[] } = {}) => {
  const { run } = await fleet.tenancy.drift.startRepair(ada, { set: 'app', shape, note: '', ...part })
  const ended = await fleet.ended(run)
  await fleet.verified(run)
  return ended
}
const errorOf = async (run: number, slug: string) => (await fleet.tenancy.runs.attempts(run, slug)).at(-1)?.error

describe('a shape that statements can mend', () => {
  it('is tried on one tenant without a trace, repaired by a run, and is the norm afterwards', async () => {
    for (const slug of [a, b]) await change(slug, 'drop index orders_customer_idx; alter table orders alter column total drop not null; drop view large')
    await look()
    const shape = await shapeOf(a)
    expect(await shapeOf(b)).toBe(shape)
    const plan = await fleet.tenancy.drift.repair('app', shape)
    expect([plan.targets, plan.left, plan.steps.length, plan.lastRun]).toEqual([2, [], 4, null])
    expect(await fleet.tenancy.drift.tryRepair(ada, { set: 'app', shape })).toEqual({ slug: a, outcome: 'repaired', error: null, findings: [] })
    await look()
    expect(await shapeOf(a)).toBe(shape)

    const { run } = await fleet.tenancy.drift.startRepair(ada, { set: 'app', shape, note: 'after the hotfix', digest: plan.digest })
    const ended = await fleet.ended(run)
    await fleet.verified(run)
    expect([ended.kind, ended.state, ended.toVersion]).toEqual(['repair', 'succeeded', null])
    expect(await fleet.itemsOf(run)).toEqual({ succeeded: [a, b] })
    expect([await stateOf(a), await stateOf(b)]).toEqual(['norm', 'norm'])
    expect((await shapes()).map(({ state, tenants }) => [state, tenants])).toEqual([['norm', 8]])
    expect((await fleet.tenancy.drift.repair('app', shape)).lastRun).toEqual({ run, state: 'succeeded', at: ended.finishedAt })
    const norm = await shapeOf(a)
    expect(await refusalOf(fleet.tenancy.drift.shape('app', shape))).toMatchObject({ code: 'drift.shape_unknown' })
    expect(await fleet.tenancy.drift.gone('app', shape)).toEqual({
      set: 'app',
      id: shape,
      seen: {
        version: '0001',
        letter: 'B',
        isNorm: false,
        targets: 2,
        at: expect.any(String) as string,
        tenants: [a, b].map((slug) => ({ slug, state: 'norm', shape: norm, letter: null })),
      },
      repair: { run, state: 'succeeded', at: ended.finishedAt },
    })
    expect(await fleet.tenancy.drift.gone('app', '000000000000')).toEqual({ set: 'app', id: '000000000000', seen: null, repair: null })
    expect(await refusalOf(fleet.tenancy.drift.gone('nothing', shape))).toMatchObject({ code: 'set.unknown' })
    const entry = (await fleet.tenancy.audit.list({ limit: 20 })).rows.find(({ action }) => action === 'drift.repair')
    expect(entry?.details).toMatchObject({
      set: 'app',
      shape,
      targets: 2,
      note: 'after the hotfix',
      script: expect.stringContaining('orders_customer_idx') as string,
    })
  })

  it('keeps what holds data, and reaches the norm but for that', async () => {
    await change(c, 'drop index orders_customer_idx; alter table customer add column nick text')
    await look()
    const shape = await shapeOf(c)
    const plan = await fleet.tenancy.drift.repair('app', shape)
    expect([plan.steps.length, plan.left.map(({ sentence }) => sentence)]).toEqual([1, [expect.stringContaining('nick') as string]])
    expect((await repair(shape)).state).toBe('succeeded')
    const [target] = await fleet.tenancy.drift.target(c)
    expect(target?.findings.map(({ object }) => object.name)).toEqual(['nick'])
    const refusal = await refusalOf(fleet.tenancy.drift.startRepair(ada, { set: 'app', shape: target?.shape ?? '', note: '' }))
    expect(refusal).toMatchObject({ code: 'drift.nothing_to_repair' })
    await change(c, 'alter table customer drop column nick')
  })
})

describe('a target that the repair does not lead to the norm', () => {
  it('fails with what PostgreSQL said, alone; rerun when its data are mended', async () => {
    for (const slug of [d, e]) await change(slug, 'alter table customer alter column email drop not null')
    await change(e, 'insert into customer (id) values (1)')
    await look()
    const shape = await shapeOf(d)
    const run = await repair(shape)
    expect([run.state, await fleet.itemsOf(run.id)]).toEqual(['failed', { failed: [e], succeeded: [d] }])
    expect(await errorOf(run.id, e)).toMatchObject({ code: '23502', file: 'repair.sql', line: 1, statement: expect.stringMatching(/email/) as string })
    expect([await stateOf(d), await shapeOf(e)]).toEqual(['norm', shape])
    expect(await fleet.tenancy.drift.tryRepair(ada, { set: 'app', shape, slug: e })).toMatchObject({ outcome: 'failed', error: { code: '23502' } })

    await change(e, 'delete from customer')
    const [finding] = (await fleet.tenancy.drift.shape('app', shape)).findings
    const { acceptance } = await fleet.tenancy.drift.accept(ada, { set: 'app', finding: finding?.key ?? '', reason: 'meant to be' })
    expect(await refusalOf(fleet.tenancy.runs.rerun(ada, { run: run.id, note: '' }))).toMatchObject({ code: 'run.plan_changed' })
    await fleet.tenancy.drift.endAcceptance(ada, { acceptance })
    const again = await fleet.tenancy.runs.rerun(ada, { run: run.id, note: '' })
    expect((await fleet.ended(again.run)).state).toBe('succeeded')
    await fleet.verified(again.run)
    expect(await stateOf(e)).toBe('norm')
  })

  it('is left as it is when it is of another shape by now, or at another version', async () => {
    await change(f, 'drop view large')
    await look()
    const shape = await shapeOf(f)
    await change(f, 'drop index orders_customer_idx')
    const run = await repair(shape)
    expect([run.state, (await errorOf(run.id, f))?.code]).toEqual(['failed', 'other_shape'])
    await look()
    const both = await shapeOf(f)
    await change(f, `insert into tenantry_history (version, name, checksum, finished_at) values ('0002', 'by hand', 'x', now())`)
    const second = await repair(both)
    expect([second.state, (await errorOf(second.id, f))?.code]).toEqual(['failed', 'version_changed'])
    await change(f, `delete from tenantry_history where version = '0002'`)
    await look()
    expect((await repair(await shapeOf(f))).state).toBe('succeeded')
    expect(await stateOf(f)).toBe('norm')
  })

  it('commits nothing where the structure is not the norm’s afterwards', async () => {
    await change(g, 'drop index orders_customer_idx')
    await look()
    const schema = schemaOf(g)
    // Somebody whose event trigger adds to every new index: what is built is not what was asked for.
    await fleet.sql.unsafe(`
      create function public.meddle() returns event_trigger language plpgsql as $$ begin
        if current_schema() = '${schema}' then execute 'comment on index "${schema}".orders_customer_idx is ''mine'''; end if; end $$;
      create event trigger meddle on ddl_command_end when tag in ('CREATE INDEX') execute function public.meddle()`)
    const run = await repair(await shapeOf(g))
    await fleet.sql.unsafe('drop event trigger meddle; drop function public.meddle()')
    expect([run.state, await errorOf(run.id, g)]).toMatchObject([
      'failed',
      { code: 'not_the_norm', message: expect.stringContaining('nothing of it was committed') as string },
    ])
    expect(await fleet.sql`select 1 from pg_class where relname = 'orders_customer_idx' and relnamespace = ${schema}::regnamespace`).toHaveLength(0)
    expect((await repair(await shapeOf(g))).state).toBe('succeeded')
  })
})

describe('what is to be repaired', () => {
  it('is what was looked at: changed since, it is refused; only the tenants named; what is accepted stays', async () => {
    for (const slug of [g, h]) await change(slug, 'drop view large; drop index orders_customer_idx')
    await look()
    const shape = await shapeOf(h)
    const plan = await fleet.tenancy.drift.repair('app', shape)
    const finding = (await fleet.tenancy.drift.shape('app', shape)).findings.find(({ object }) => object.kind === 'view')
    await fleet.tenancy.drift.accept(ada, { set: 'app', finding: finding?.key ?? '', reason: 'not needed there' })
    const stale = { set: 'app', shape, note: '', digest: plan.digest }
    expect(await refusalOf(fleet.tenancy.drift.startRepair(ada, stale))).toMatchObject({ code: 'run.plan_changed' })
    const run = await repair(shape, { slugs: [h] })
    expect(await fleet.itemsOf(run.id)).toEqual({ succeeded: [h] })
    const [target] = await fleet.tenancy.drift.target(h)
    expect([target?.state, target?.findings.map(({ object }) => object.name), await shapeOf(g)]).toEqual(['accepted', ['large'], shape])
  })

  it('is made a migration whole: what is accepted is what the others are to have as well, and the file says who wants it', async () => {
    const accepted = await fleet.tenancy.drift.migration('app', await shapeOf(h))
    expect(accepted).toMatchObject({ findings: 1, sql: expect.stringMatching(/^-- - View large is missing\. Accepted by .*: not needed there$/m) as string })
    expect(accepted.sql).toMatch(/^DROP VIEW large;$/m)
    const both = await fleet.tenancy.drift.migration('app', await shapeOf(g))
    expect([both.findings, both.sql.match(/^DROP \w+/gm)?.toSorted()]).toEqual([2, ['DROP INDEX', 'DROP VIEW']])
  })
})

describe('a migration that is applied, but different', () => {
  it('is an outcome of its own: told by the run, by the item, and on the command line’s document', async () => {
    await change(a, 'create index orders_total_idx on orders (id)')
    await change(b, 'alter table orders add column status int')
    // Known before, and not of this run's making.
    await change(d, 'alter table customer alter column email drop not null')
    await fleet.tenancy.observation.now({ structure: true, slugs: [d] })
    await fleet.sync({
      ...files,
      '0002_more.sql': `create index if not exists orders_total_idx on orders (total);
        alter table orders add column if not exists status text;\n`,
    })
    const run = await fleet.roll({ selection: { kind: 'tenants', slugs: [a, b, d] } })
    expect(run.state).toBe('succeeded')
    const { verified, differing, different, differentShapes } = await fleet.verified(run.id)
    expect(verified).toMatchObject({ targets: 3, mismatches: 0, different: 2 })
    expect(differing.map(({ slug, sentences }) => [slug, sentences])).toEqual([
      [a, [expect.stringContaining('orders_total_idx') as string]],
      [b, [expect.stringContaining('status') as string]],
    ])
    expect([different, differentShapes.map(({ targets, tenants, differences }) => [targets, tenants, differences])]).toEqual([
      2,
      expect.arrayContaining([
        [1, [a], 1],
        [1, [b], 1],
      ]) as unknown[],
    ])
    for (const { shape, letter, sentences, tenants } of differentShapes) {
      const told = await fleet.tenancy.drift.shape('app', shape ?? '')
      expect([told.letter, told.examples, told.findings.map(({ sentence }) => sentence)]).toEqual([letter, tenants, sentences])
    }
    const items = await fleet.tenancy.runs.items({ ...runItemsInput.parse({ run: run.id }), differs: true })
    expect(items.rows.map(({ slug, state }) => [slug, state])).toEqual([
      [a, 'succeeded'],
      [b, 'succeeded'],
    ])
    expect(await stateOf(d)).toBe('drifted')
    await change(d, 'alter table customer alter column email set not null')
  })
})

describe('read back where a look was not whole', () => {
  const control = () => openControl(fleet.controlUrl)
  const libraryOf = (opened: ReturnType<typeof control>) => ({
    control: opened,
    secret: testSecret,
    logger: silentLogger,
    meters: silentMeters,
    clock: () => new Date(),
  })
  const differing = async (run: number) => (await fleet.tenancy.runs.items({ ...runItemsInput.parse({ run }), differs: true })).rows.map(({ slug }) => slug)

  it('a target whose structure cannot be read is not judged by what it was before the run', async () => {
    await change(d, 'drop index orders_customer_idx')
    await look()
    const shape = await shapeOf(d)
    const run = await repair(shape)
    expect([run.state, await stateOf(d)]).toEqual(['succeeded', 'norm'])
    await worker.stop()
    // As if nobody had seen it since: the history is the same before and after a repair.
    await fleet.control`
      update observation o set structure_at = '2020-01-01', seen_id = x.id from target t, seen_structure x
      where t.id = o.target_id and t.schema_name = ${schemaOf(d)} and x.shape = ${shape}`
    expect(await stateOf(d)).toBe('drifted')
    await fleet.control`update run set verified_at = null, finished_at = clock_timestamp() where id = ${run.id}`
    const holder = await fleet.sql.reserve()
    await holder.unsafe(`begin; lock table "${schemaOf(d)}".orders in access exclusive mode`)
    const opened = control()
    expect(await verifyRun(libraryOf(opened), run.id)).toBe(true)
    await holder.unsafe('rollback')
    holder.release()
    const rows = await fleet.control`select 1 from observation where structure_at = '2020-01-01'`
    expect([rows.length, (await fleet.tenancy.runs.get(run.id)).verified, await differing(run.id)]).toMatchObject([1, { different: 0 }, []])
    await fleet.control`update run set verified_at = null where id = ${run.id}`
    expect(await verifyRun(libraryOf(opened), run.id)).toBe(true)
    expect(await stateOf(d)).toBe('norm')
    await opened.close()
  })

  it('what was seen by a process that died before it compared is compared by whoever looks next, or reads the run back', async () => {
    await look()
    const [last] = await fleet.control<Array<{ id: string }>>`select max(run_id) as id from run_item where differs`
    const run = Number(last?.id)
    const forget = () => fleet.control`
      update seen_structure set compared = null, findings = '[]', shape = default, letter = null, state = default, severity = null, norm_id = null`
    const opened = control()
    await forget()
    await fleet.control`update run set verified_at = null where id = ${run}`
    expect(await verifyRun(libraryOf(opened), run)).toBe(true)
    expect((await fleet.tenancy.runs.get(run)).verified).toMatchObject({ different: 2 })
    expect([await stateOf(a), await stateOf(d)]).toEqual(['drifted', 'norm'])
    await forget()
    const [database] = await fleet.control<Array<{ id: string }>>`select id from database`
    await observeDatabase(libraryOf(opened), Number(database?.id), null)
    expect([await stateOf(a), await stateOf(d)]).toEqual(['drifted', 'norm'])
    await opened.close()
  })
})
