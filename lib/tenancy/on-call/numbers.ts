/** The fleet in numbers, for monitoring: one query over what the control plane knows, whatever the number of tenants. */
import { sql } from 'kysely'
import type { FleetNumbers } from '../contract/on-call.ts'
import type { ControlDb } from '../control/db.ts'
import { pools } from '../pool/due.ts'
import { conductorFreshSeconds } from '../runs/control.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'

const mostWorkers = 50

type Numbers = Omit<FleetNumbers, 'jobs' | 'readSeconds'>

const readFleet = async (db: ControlDb): Promise<Numbers> => {
  const fresh = sql`now() - make_interval(secs => ${conductorFreshSeconds})`
  const { rows } = await sql<Numbers>`
    with alike as (
      select t.database_id, t.set_id, o.version_state, o.seen_id, o.digest, count(*) as count, min(o.observed_at) as oldest
      from target t
      left join observation o on o.target_id = t.id
      -- Nobody looks at the others, so they would seem to be forgotten. They are few: a join against them is the short one.
      where t.id in (
        select p.target_id from placement p where not exists (select from tenant n where n.id = p.tenant_id and n.state not in ('active', 'suspended')))
      group by 1, 2, 3, 4, 5),
    seen as materialized (
      select d.server_id, a.set_id, coalesce(a.version_state, 'unseen') as state,
        case when x.id is null then 'unknown' when x.accepted_until <= now() then 'drifted' else x.state end as drift, sum(a.count) as count, min(a.oldest) as oldest
      from alike a
      join database d on d.id = a.database_id
      left join seen_structure x on x.id = a.seen_id and x.digest = a.digest
      group by 1, 2, 3, 4),
    open_items as materialized (
      select i.server_id, case when r.state = 'paused' then 'paused' else i.state end as state, sum(i.count) as count
      from (select run_id, server_id, state, count(*) as count from run_item where state in ('pending', 'running', 'interrupted') group by 1, 2, 3) i
      join run r on r.id = i.run_id group by 1, 2)
    select
      (select coalesce(jsonb_agg(x), '[]') from (
        select state, count(*) as count, extract(epoch from now() - min(created_at))::float8 as "oldestAge" from run group by state) x) as runs,
      (select coalesce(jsonb_agg(x), '[]') from (
        select m.name as set, s.state, sum(s.count) as count from seen s join migration_set m on m.id = s.set_id group by 1, 2) x) as targets,
      (select coalesce(jsonb_agg(x), '[]') from (
        select m.name as set, s.drift as state, sum(s.count) as count from seen s join migration_set m on m.id = s.set_id group by 1, 2) x) as drift,
      (select coalesce(jsonb_agg(x), '[]') from (
        select name as worker, extract(epoch from now() - heartbeat_at)::float8 as age from worker order by heartbeat_at desc limit ${mostWorkers}) x) as workers,
      (select count(*) from worker where heartbeat_at > ${fresh}) as "liveWorkers",
      (select coalesce(jsonb_agg(x), '[]') from (
        select s.name as server, s.budget, s.max_connections as "maxConnections",
          look.connections_ours as "connectionsOurs", look.connections_used as "connectionsUsed", extract(epoch from now() - look.connections_at)::float8 as "lookAge",
          (select count(*) from database d where d.server_id = s.id and not d.reachable) as "unreachableDatabases",
          (select count(*) from database d where d.server_id = s.id and d.reachable and d.pooler_problem is not null) as "unfitPoolers",
          coalesce(c.worker is not null and c.heartbeat_at > ${fresh}, false) as "hasConductor",
          extract(epoch from now() - c.heartbeat_at)::float8 as "conductorAge",
          case when c.waiting_for is not null then extract(epoch from now() - coalesce(c.waiting_since, c.heartbeat_at))::float8 end as waiting,
          (select coalesce(jsonb_object_agg(i.state, i.count), '{}') from open_items i where i.server_id = s.id) as "openItems",
          (select extract(epoch from now() - min(e.oldest))::float8 from seen e where e.server_id = s.id) as "oldestObservation"
        from server s
        left join conductor c on c.server_id = s.id
        left join lateral (
          select l.connections_ours, l.connections_used, l.connections_at from database l where l.server_id = s.id order by l.connections_at desc nulls last, l.id limit 1
        ) look on true
        where exists (select from database d where d.server_id = s.id)
        order by s.name) x) as servers,
      (select coalesce(jsonb_agg(x), '[]') from (
        select m.name as set, d.name as database, p.size, p.ready, p.building
        from (${pools}) p join migration_set m on m.id = p.set_id join database d on d.id = p.database_id order by 1, 2) x) as pools,
      (select count(*) from report_figure where alerting_since is not null) as "figuresAlerting"`.execute(db)
  const [row] = rows
  if (!row) throw new Error('no numbers')
  return row
}

/** Its tables are made by the first worker. */
const readJobs = async (db: ControlDb): Promise<FleetNumbers['jobs']> => {
  try {
    const { rows } = await sql<FleetNumbers['jobs'][number]>`
      select name as queue, state::text as state, count(*) as count from pgboss.job where state in ('created', 'retry', 'active', 'failed') group by 1, 2`.execute(
      db,
    )
    return rows
  } catch (error) {
    const code = codeOf(error)
    if (code === sqlstate.undefinedTable || code === sqlstate.undefinedSchema) return []
    throw error
  }
}

/** @throws the control database's errors */
export const readNumbers = async (db: ControlDb): Promise<FleetNumbers> => {
  const startedAt = performance.now()
  const numbers = await readFleet(db)
  const jobs = await readJobs(db)
  return { ...numbers, jobs, readSeconds: (performance.now() - startedAt) / 1000 }
}
