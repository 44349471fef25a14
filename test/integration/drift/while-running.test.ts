/** Applied, but different, found while a rollout goes on: it counts against the tolerance, whoever looks and whoever dies. */
import { RawNode } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runItemsInput } from '../../../lib/tenancy/contract/commands.ts'
import { silentLogger, silentMeters } from '../../../lib/tenancy/context.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { observeDatabase } from '../../../lib/tenancy/observation/observe.ts'
import { compareWhileRunning } from '../../../lib/tenancy/runs/compare-running.ts'
import { conductLimits } from '../../../lib/tenancy/runs/conduct/limits.ts'
import { settleRuns } from '../../../lib/tenancy/runs/conduct/report.ts'
import { ada, makeFleet, ownSlugs, schemaOf, type Fleet, type Limits } from '../../support/fleet.ts'
import { openGate, waitAt } from '../../support/gate.ts'
import { testSecret, useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { newSlug } = ownSlugs('wr')
const files = { '0001_init.sql': 'create table orders (id bigint primary key, total numeric not null default 0, note text);\n' }

const change = (fleet: Fleet, slug: string, statement: string) => fleet.sql.unsafe(`set search_path = "${schemaOf(slug)}"; ${statement}; reset search_path`)
const differing = async (fleet: Fleet, run: number) =>
  (await fleet.tenancy.runs.items({ ...runItemsInput.parse({ run }), differs: true })).rows.map(({ slug }) => slug)

/** Longer than any wait of a test: what stops at the gate must not end by itself. */
const gateMs = 120_000

/** Tenants of which the first three have another index by the name that the next migration wants; the migration stops at the fifth of eight until the gate is open. */
const given = async (limits: Limits, gate: string) => {
  const fleet = await makeFleet(databases, { files, limits: { ...limits, statementTimeoutMs: gateMs } })
  const slugs = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => newSlug(name))
  await fleet.work()
  await fleet.verified(await fleet.onboard(slugs))
  for (const slug of slugs.slice(0, 3)) await change(fleet, slug, 'create index orders_total_idx on orders (id)')
  // Known before, and not of the run's making.
  await change(fleet, slugs[3] ?? '', 'alter table orders drop column note')
  await fleet.tenancy.observation.now({ structure: true, slugs: slugs.slice(3, 4) })
  await fleet.sync({ '0002_more.sql': `create index if not exists orders_total_idx on orders (total); ${waitAt(gate, schemaOf(slugs[4] ?? ''))}` })
  return { fleet, slugs }
}

describe('with two workers', () => {
  let fleet: Fleet
  let slugs: readonly string[]
  beforeAll(async () => {
    ;({ fleet, slugs } = await given({ compareFirst: 3, compareAfterMs: 0, compareEveryMs: 100 }, 'wr_two'))
    await fleet.work()
  })
  afterAll(() => fleet.close())

  it('the run pauses by itself, says why, and goes on when somebody has looked', async () => {
    const run = await fleet.start({ failureTolerance: '2', maxConcurrent: 1 })
    expect((await fleet.reaches(run, 'pausing')).stopReason).toBe('different')
    await openGate(fleet.sql, 'wr_two')
    const paused = await fleet.reaches(run, 'paused')
    expect(paused).toMatchObject({ stopReason: 'different', different: 3, verified: null, counts: { succeeded: 5, failed: 0, pending: 3 } })
    expect(paused.differing.map(({ slug, sentences }) => [slug, sentences])).toEqual(
      slugs.slice(0, 3).map((slug) => [slug, [expect.stringContaining('orders_total_idx') as string]]),
    )
    expect(await differing(fleet, run)).toEqual(slugs.slice(0, 3))
    expect((await fleet.tenancy.fleet.overview()).attention.map(({ text }) => text)).toContain(
      `Run ${run} is paused: more targets than it tolerates are applied, but different from what the migrations make`,
    )
    await fleet.tenancy.runs.resume(ada, { run })
    expect((await fleet.ended(run)).state).toBe('succeeded')
    expect((await fleet.verified(run)).verified).toMatchObject({ targets: 8, mismatches: 0, different: 3 })
  })
})

describe('one process after another', () => {
  let fleet: Fleet
  let slugs: readonly string[]
  beforeAll(async () => {
    ;({ fleet, slugs } = await given({ compareAfterMs: 24 * 3_600_000 }, 'wr_after'))
  })
  afterAll(() => fleet.close())

  it('what was seen by one that died is counted by the next, and not looked at again after the end', async () => {
    const control = openControl(fleet.controlUrl)
    const library = { control, secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() }
    const run = await fleet.start({ failureTolerance: '3', maxConcurrent: 1 })
    await fleet.until('four to settle', async () => (await fleet.settledOf(run)) === 4)
    const settled = await fleet.control<Array<{ target: string; database: string }>>`
      select i.target_id as target, t.database_id as database from run_item i join target t on t.id = i.target_id where i.run_id = ${run} and i.state = 'succeeded' order by i.position`
    const three = settled.slice(0, 3).map(({ target }) => Number(target))
    await observeDatabase(library, Number(settled[0]?.database), three, undefined, 'due')
    const stop = new AbortController()
    const following = compareWhileRunning(library, run, { ...conductLimits, compareFirst: 1_000 }, stop.signal)
    await fleet.until('them to be marked', async () => (await differing(fleet, run)).length === 3)
    expect(await fleet.tenancy.runs.get(run)).toMatchObject({ state: 'running', stopReason: null, different: 3 })
    stop.abort()
    await following

    // Somebody else looks at the server; the one who follows waits for the turn.
    await fleet.control`insert into server_turn (key, holder, until) select d.server_id, 'somebody', now() + interval '1 hour' from database d where d.id = ${settled[0]?.database ?? ''}`
    let isWaiting = false
    const db = control.db.withPlugin({
      transformQuery: ({ node }) => {
        isWaiting ||= RawNode.is(node) && node.sqlFragments.join('').includes('insert into server_turn')
        return node
      },
      transformResult: async ({ result }) => result,
    })
    const leave = new AbortController()
    const stopped = compareWhileRunning({ ...library, control: { ...control, db } }, run, { ...conductLimits, compareFirst: 1 }, leave.signal)
    await fleet.until('the look to wait', async () => isWaiting)
    leave.abort()
    await expect(stopped).resolves.toBeUndefined()
    await fleet.control`delete from server_turn where holder = 'somebody'`

    await openGate(fleet.sql, 'wr_after')
    expect((await fleet.ended(run)).state).toBe('succeeded')
    expect((await fleet.verified(run)).verified).toMatchObject({ targets: 8, mismatches: 0, different: 3 })
    const early = await fleet.control<Array<{ slug: string }>>`
      select n.slug from run_item i join run r on r.id = i.run_id join tenant n on n.id = i.tenant_id join observation o on o.target_id = i.target_id
      where i.run_id = ${run} and o.structure_at < r.finished_at order by n.slug`
    expect(early.map(({ slug }) => slug)).toEqual(slugs.slice(0, 3))
    for (const [reason, kept] of [
      ['different', null],
      ['failure_tolerance', null],
      ['requested', 'requested'],
    ] as const) {
      // Stopped when nothing was left to stop.
      const ended = await control.db.transaction().execute(async (trx) => {
        await trx.updateTable('run').set({ state: 'pausing', stop_reason: reason, finished_at: null }).where('id', '=', run).execute()
        return settleRuns(trx, [run], 0)
      })
      expect(ended).toEqual([run])
      expect(await fleet.tenancy.runs.get(run)).toMatchObject({ state: 'succeeded', stopReason: kept })
    }
    await control.close()
  })
})
