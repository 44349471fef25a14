/** What conductors tell the control plane, a batch at a time. */
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { silentLogger, silentMeters } from '../../../lib/tenancy/context.ts'
import { migrationsDir } from '../../../lib/connection.ts'
import { openControl, type Control } from '../../../lib/tenancy/control/db.ts'
import { emptyDigest } from '../../../lib/tenancy/migrations/digest.ts'
import { createTenancy } from '../../../lib/tenancy/index.ts'
import { releaseLease, takeLease } from '../../../lib/tenancy/runs/conduct/lease.ts'
import { writeHeldEnd, writeReport } from '../../../lib/tenancy/runs/conduct/report.ts'
import { updateItems, type ItemReport } from '../../../lib/tenancy/runs/conduct/report-rows.ts'
import { Reporter } from '../../../lib/tenancy/runs/conduct/reporter.ts'
import { makeFleet, ownSlugs, schemaOf, type Fleet } from '../../support/fleet.ts'
import { itemWord } from '../../support/item-word.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { newSlug } = ownSlugs('bk')
const slugs = ['a', 'b', 'c'].map(newSlug)
let fleet: Fleet
let control: Control

beforeAll(async () => {
  fleet = await makeFleet(databases, { files: { '0001_init.sql': 'create table orders (id bigint primary key);\n' } })
  control = openControl(fleet.controlUrl)
  const worker = await fleet.work()
  for (const slug of slugs) await fleet.verified(await fleet.onboard([slug]))
  await worker.stop()
})
afterAll(async () => {
  await control.close()
  await fleet.close()
})

const reportOf = (run: number, position: number, state: ItemReport['state'] = 'running'): ItemReport =>
  itemWord({ run, position, targetId: 1, tenantId: 1, state })

/** Of a paused run, which nobody takes up. */
const insertItems = async (count: number): Promise<number> => {
  const [run] = await fleet.control<Array<{ id: string }>>`
    insert into run (kind, state, set_id, migrations, digest, started_by) select 'report', 'paused', set_id, '[]', 'none', 'nobody' from run limit 1 returning id`
  const id = Number(run?.id)
  await fleet.control`
    insert into run_item (run_id, position, target_id, tenant_id, server_id, reads)
    select ${id}, n, i.target_id, i.tenant_id, i.server_id, true from generate_series(1, ${count}::integer) n cross join (select * from run_item limit 1) i`
  return id
}

it('finds its items by their key where a run of thousands follows many of one item each, of which none is open', async () => {
  await fleet.control`vacuum analyze run_item`
  const id = await insertItems(5_000)
  const reports = Array.from({ length: 150 }, (_, index) => reportOf(id, 4_000 + index))
  const batch = sql`with r as materialized (select id, revision from run where id = ${id}), items as (${updateItems(reports, sql`r`)}) select from r`
  const { sql: text, parameters } = batch.compile(control.db)
  const plan = await fleet.control.unsafe<Array<{ 'QUERY PLAN': string }>>(`explain (costs off) ${text}`, [...(parameters as string[])])
  const lines = plan.map((row) => row['QUERY PLAN'].trim())
  // One by one, or all of them in one pass; never all that are open for each of them.
  expect(lines).toContainEqual(expect.stringMatching(/^(Index|Hash|Merge) Cond: .*run_id = .*run_id\) AND .*"position" = .*"position"/))
  expect(lines.filter((line) => line.includes('run_item_open') || (line.startsWith('Join Filter') && line.includes('position')))).toEqual([])
})

it('says of an item that it runs while that is all there is to say of it, and nothing of one that waits for its rows', async () => {
  const id = await insertItems(3)
  const [server] = await fleet.control<Array<{ id: string }>>`select id from server`
  const lease = await takeLease(control.db, Number(server?.id), 'batches')
  const library = { control, secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() }
  const reporter = new Reporter(library, lease, 'batches', () => {})
  const states = async () =>
    (await fleet.control<Array<{ state: string }>>`select state from run_item where run_id = ${id} order by position`).map(({ state }) => state)
  for (const position of [1, 2, 3]) reporter.begin(reportOf(id, position))
  reporter.park(id, 2)
  reporter.add(reportOf(id, 3, 'succeeded'))
  expect(reporter.heldOf(id)).toEqual([3, 1])
  await reporter.flush()
  expect(await states()).toEqual(['running', 'pending', 'succeeded'])
  reporter.add(reportOf(id, 2, 'succeeded'))
  // Given back, and begun again before the next batch.
  reporter.add(reportOf(id, 1, 'pending'))
  reporter.begin(reportOf(id, 1))
  await reporter.flush()
  expect(await states()).toEqual(['running', 'succeeded', 'succeeded'])
  expect(reporter.empty).toBe(true)
  await releaseLease(control.db, lease)
})

it('tells at once of many that settle together, and keeps few for the next batch', async () => {
  await fleet.sync({ '0002_note.sql': 'alter table orders add column note text;\n' })
  const held = await fleet.sql.reserve()
  await held.unsafe(`begin; lock table ${schemaOf(slugs[2] ?? '')}.orders`)
  const tenancy = createTenancy({
    controlUrl: fleet.controlUrl,
    secret: testSecret,
    migrationsDir,
    limits: { flushMs: 120_000, tellAtOnce: 2, lockTimeoutMs: 60_000 },
  })
  const run = await fleet.start()
  const worker = await tenancy.startWorker({ schedules: false })
  try {
    await fleet.until('two of three to be told of', async () => (await fleet.settledOf(run)) === 2, 30_000)
    expect(await fleet.stateOf(run)).toBe('running')
  } finally {
    await held.unsafe('rollback')
    held.release()
    expect(await fleet.ended(run)).toMatchObject({ state: 'succeeded' })
    await worker.stop()
    await tenancy.close()
  }
})

/** A set is read anew, and has its new migration: `meanwhile` stands between what it says of its targets and its end. */
const whileSetIsRead = async (next: number, target: number, meanwhile: () => Promise<void>): Promise<void> => {
  const gate = await fleet.control.reserve()
  await gate`begin`
  await gate`select from observation where target_id <> ${target} order by target_id limit 1 for update`
  const sync = fleet.sync({ [`000${next}_more.sql`]: `alter table orders add column more${next} text;\n` })
  await fleet.until('the set to be read', async () => (await waitsOf('update observation')) === 1)
  try {
    await meanwhile()
  } finally {
    await gate`rollback`
    gate.release()
  }
  await sync
}

it.each(['as one statement', 'as several', 'as the end of a held run'])(
  'says where a target stands in the set as it is, %s, when the set is read anew at that moment',
  async (how) => {
    const next = { 'as one statement': 3, 'as several': 4 }[how] ?? 5
    const [item] = await fleet.control<Array<{ run: string; position: number; target: string; tenant: string; server: string; digest: string }>>`
      select i.run_id as run, i.position, i.target_id as target, i.tenant_id as tenant, i.server_id as server, o.digest
      from run_item i join run r on r.id = i.run_id join observation o on o.target_id = i.target_id where r.kind = 'onboard' order by i.run_id limit 1`
    if (!item) throw new Error('nothing was onboarded')
    const [id, target] = [Number(item.run), Number(item.target)]
    await fleet.control`update run set state = 'running', finished_at = null, held_until = now() + interval '1 minute' where id = ${id}`
    await fleet.control`update run_item set state = 'running', finished_at = null where run_id = ${id}`
    const lease = await takeLease(control.db, Number(item.server), 'batches')
    const seen = { applied: 2, version: '0002', digest: item.digest, lastRun: id, unfinished: null }
    const word = itemWord({ run: id, position: item.position, targetId: target, tenantId: Number(item.tenant), state: 'succeeded', seen })
    let writing: Promise<unknown> = Promise.resolve()
    await whileSetIsRead(next, target, async () => {
      if (how === 'as the end of a held run') {
        expect(await writeHeldEnd(control.db, id, 'batches', [word], emptyDigest)).toBeNull()
        return
      }
      writing = writeReport(control.db, lease, 'batches', { items: [word], attempts: [], quiet: how === 'as several' ? [id] : [] }, emptyDigest)
      await fleet.until('the batch to wait for it', async () => (await waitsOf('migration_set')) + (await waitsOf('insert into observation')) === 1)
    })
    await writing
    expect(await fleet.control`select version_state, pending from observation where target_id = ${target}`).toEqual([
      { version_state: 'behind', pending: next - 2 },
    ])
    await releaseLease(control.db, lease)
  },
)

it('that tells of a target twice keeps its last word', async () => {
  const [of] = await fleet.control<Array<{ target: string; tenant: string; server: string; digest: string }>>`
    select i.target_id as target, i.tenant_id as tenant, i.server_id as server, o.digest from run_item i join observation o on o.target_id = i.target_id limit 1`
  if (!of) throw new Error('nothing was onboarded')
  const lease = await takeLease(control.db, Number(of.server), 'batches')
  const runs = [await insertItems(1), await insertItems(1)]
  const items = runs.map((run, index) =>
    itemWord({
      run,
      position: 1,
      targetId: Number(of.target),
      tenantId: Number(of.tenant),
      state: 'succeeded',
      seen: { applied: index + 1, version: `000${index + 1}`, digest: index === 0 ? 'none of the set' : of.digest, lastRun: run, unfinished: null },
    }),
  )
  await writeReport(control.db, lease, 'batches', { items, attempts: [], quiet: [] }, emptyDigest)
  expect(await fleet.control`select version, digest from observation where target_id = ${of.target}`).toEqual([{ version: '0002', digest: of.digest }])
  await releaseLease(control.db, lease)
})

const waitsOf = async (text: string): Promise<number> =>
  (
    await fleet.control`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ilike ${`%${text}%`} and pid <> pg_backend_pid()`
  ).length
