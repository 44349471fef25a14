/** Ten thousand targets cost a scrape no more than one short query, and many scrapes no more than one. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { readNumbers } from '../../../lib/tenancy/on-call/numbers.ts'
import { makeFleet, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const targets = 10_000
const databases = useDatabases()
let fleet: Fleet

beforeAll(async () => {
  fleet = await makeFleet(databases)
  await fleet.control.begin(async (sql) => {
    await sql`insert into tenant (slug, name, state) select 'n' || i, 'n' || i, 'active' from generate_series(1, ${targets}::int) i`
    await sql`insert into target (set_id, database_id, schema_name, isolation)
      select (select id from migration_set), (select id from database), 'tenant_' || slug, 'schema' from tenant`
    await sql`insert into placement (tenant_id, set_id, target_id, isolation)
      select n.id, t.set_id, t.id, 'schema' from tenant n join target t on t.schema_name = 'tenant_' || n.slug`
    await sql`insert into observation (target_id, observed_at, version_state)
      select id, now() - interval '1 second' * (1 + row_number() over (order by id)), case when id % 4 = 0 then 'behind' else 'at_head' end from target where id % 10 > 0`
    await sql`insert into tenant (slug, name, state) values ('gone', 'gone', 'archived')`
    await sql`insert into target (set_id, database_id, schema_name, isolation) select (select id from migration_set), (select id from database), 'tenant_gone', 'schema'`
    await sql`insert into placement (tenant_id, set_id, target_id, isolation)
      select n.id, t.set_id, t.id, 'schema' from tenant n join target t on t.schema_name = 'tenant_' || n.slug where n.slug = 'gone'`
    await sql`insert into observation (target_id, observed_at, version_state) select id, now() - interval '1 year', 'behind' from target where schema_name = 'tenant_gone'`
    await sql`insert into run (kind, state, set_id, migrations, digest, started_by, created_at)
      select 'migrate', case when i = 1 then 'running' else 'succeeded' end, (select id from migration_set), '[]', 'x', 'ada', now() - interval '1 hour' from generate_series(1, 30) i`
    await sql`insert into run_item (run_id, position, target_id, tenant_id, server_id, state)
      select r.id, row_number() over (partition by r.id order by p.target_id), p.target_id, p.tenant_id, (select id from server),
        case when r.state <> 'running' then 'succeeded' when p.target_id % 100 = 0 then 'running' else 'pending' end
      from run r cross join placement p join tenant n on n.id = p.tenant_id and n.state = 'active' where r.state = 'running' or r.id % 5 = 0`
    await sql`insert into worker (name, heartbeat_at) select 'w' || i, now() - interval '1 minute' * i from generate_series(0, 80) i`
    await sql`insert into pool (set_id, database_id, size) select s.id, d.id, 1000 from migration_set s, database d`
    await sql`insert into pool_schema (set_id, database_id, schema_name, digest, seed, state)
      select p.set_id, p.database_id, 'ready' || i, (select prefix_digest from migration where set_id = p.set_id order by position desc limit 1), encode(sha256(''), 'hex'), case when i > 700 then 'building' else 'ready' end
      from pool p, generate_series(1, 702) i`
  })
  await fleet.control`analyze`
})
afterAll(() => fleet.close())

it('counts them by state, in a query that is short', async () => {
  const numbers = await fleet.tenancy.onCall.numbers()
  const counts = new Map(numbers.targets.map(({ state, count }) => [state, count]))
  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(targets)
  expect(counts.get('unseen')).toBe(targets / 10)
  const [server] = numbers.servers
  expect(server?.openItems).toEqual({ pending: targets * 0.99, running: targets / 100 })
  expect(server?.oldestObservation).toBeGreaterThan(targets * 0.9 - 5)
  expect(server).toMatchObject({ budget: 6, hasConductor: false, conductorAge: null, waiting: null })
  expect(numbers.runs.find(({ state }) => state === 'running')).toMatchObject({ count: 1 })
  expect(numbers.liveWorkers).toBe(1)
  expect(numbers.pools).toEqual([{ set: 'app', database: 'db1', size: 1000, ready: 700, building: 2 }])
  expect(numbers.workers).toHaveLength(50)
})

it('tells the items of a paused run apart: nobody is to drive them', async () => {
  const control = openControl(fleet.controlUrl, { max: 1 })
  try {
    await fleet.control`update run set state = 'paused' where state = 'running'`
    expect((await readNumbers(control.db)).servers[0]?.openItems).toEqual({ paused: targets })
    for (const state of ['queued', 'pausing', 'cancelling'] as const) {
      await fleet.control`update run set state = ${state} where state not in ('succeeded', 'failed')`
      expect((await readNumbers(control.db)).servers[0]?.openItems, state).toEqual({ pending: targets * 0.99, running: targets / 100 })
    }
  } finally {
    await fleet.control`update run set state = 'running' where state not in ('succeeded', 'failed')`
    await control.close()
  }
})

it('reads anew at most every five seconds, however many ask', async () => {
  const first = await fleet.tenancy.onCall.numbers()
  const again = await Promise.all(Array.from({ length: 50 }, () => fleet.tenancy.onCall.numbers()))
  expect(again.every((numbers) => numbers === first)).toBe(true)
})

it('takes at most 50 ms', async () => {
  const control = openControl(fleet.controlUrl, { max: 1 })
  const times: number[] = []
  // The best of several, over a while: what others do on the machine at this moment is not what is measured.
  const until = performance.now() + 20_000
  while (times.length < 5 || (performance.now() < until && Math.min(...times) >= 0.05)) {
    times.push((await readNumbers(control.db)).readSeconds)
    await sleep(50)
  }
  await control.close()
  expect(Math.min(...times)).toBeLessThan(0.05)
})
