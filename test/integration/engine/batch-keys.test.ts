/** A batch of what has settled finds its items by their key, whatever the statistics say of the table. */
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { updateItems, type ItemReport } from '../../../lib/tenancy/runs/conduct/report-rows.ts'
import { makeFleet, ownSlugs, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { newSlug } = ownSlugs('bk')
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases, { files: { '0001_init.sql': 'create table orders (id bigint primary key);\n' } })
  await fleet.work()
  for (const name of ['a', 'b', 'c']) await fleet.verified(await fleet.onboard([newSlug(name)]))
})
afterAll(() => fleet.close())

const reportOf = (run: number, position: number): ItemReport => ({
  run,
  position,
  targetId: 1,
  tenantId: 1,
  state: 'running',
  attempts: 0,
  nextAttemptAt: null,
  startedAt: new Date(),
  attempt: null,
  error: null,
  seen: null,
  activates: false,
})

it('also where a run of thousands follows many of one item each, of which none is open', async () => {
  await fleet.control`vacuum analyze run_item`
  const [run] = await fleet.control<Array<{ id: string }>>`
    insert into run (kind, state, set_id, migrations, digest, started_by) select 'report', 'paused', set_id, '[]', 'none', 'nobody' from run limit 1 returning id`
  const id = Number(run?.id)
  await fleet.control`
    insert into run_item (run_id, position, target_id, tenant_id, server_id, reads)
    select ${id}, n, i.target_id, i.tenant_id, i.server_id, true from generate_series(1, 5000) n cross join (select * from run_item limit 1) i`
  const control = openControl(fleet.controlUrl)
  try {
    const reports = Array.from({ length: 150 }, (_, index) => reportOf(id, 4_000 + index))
    const batch = sql`with r as materialized (select id, revision from run where id = ${id}), items as (${updateItems(reports, sql`r`)}) select from r`
    const { sql: text, parameters } = batch.compile(control.db)
    const plan = await fleet.control.unsafe<Array<{ 'QUERY PLAN': string }>>(`explain (costs off) ${text}`, [...(parameters as string[])])
    const lines = plan.map((row) => row['QUERY PLAN'].trim())
    // One by one, or all of them in one pass; never all that are open for each of them.
    expect(lines).toContainEqual(expect.stringMatching(/^(Index|Hash|Merge) Cond: .*run_id = .*run_id\) AND .*"position" = .*"position"/))
    expect(lines.filter((line) => line.includes('run_item_open') || (line.startsWith('Join Filter') && line.includes('position')))).toEqual([])
  } finally {
    await control.close()
  }
})
