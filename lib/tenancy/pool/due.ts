/** Which databases have pools to see to. Found again by whoever looks, so that no request for it can be lost. */
import { sql, type RawBuilder } from 'kysely'
import type { ControlDb } from '../control/db.ts'
import { seedOf } from './assign.ts'

/** Onboardings come in rows; what they took is made up for when they have passed, unless little is left. */
const quietSeconds = 2
const sweepMinutes = 5
/** Where no pool is known, one may have been before the control database was put back to a backup. */
const idleSweepMinutes = 60

/** Each pool `p` with the digest `head` of its set's newest version (null: it has none), the `seed`, what it would be built `of`, and what it holds. */
export const pools = sql`
  select p.*, h.digest as head, s.seed, h.digest || ' ' || s.seed as of, x.*
  from pool p
  cross join lateral (select ${seedOf('seed_sql')} as seed from migration_set where id = p.set_id) s
  left join lateral (select prefix_digest as digest from migration where set_id = p.set_id order by position desc limit 1) h on true
  cross join lateral (
    select count(*)::int as held, count(*) filter (where c.state = 'ready' and c.digest = h.digest and c.seed = s.seed)::int as ready,
      count(*) filter (where c.state = 'ready' and (h.digest is null or c.digest <> h.digest or c.seed <> s.seed))::int as outdated,
      count(*) filter (where c.state = 'building')::int as building,
      count(*) filter (where c.state in ('building', 'leaving'))::int as unsettled,
      count(*) filter (where r.state in ('succeeded', 'failed', 'cancelled'))::int as past,
      coalesce(bool_or(r.created_at > now() - make_interval(secs => ${quietSeconds})), false) as in_demand
    from pool_schema c left join run r on r.id = c.claimed_run
    where c.set_id = p.set_id and c.database_id = p.database_id) x`

/** Pools that have less than they are to have, and could have more. */
export const isLacking = sql`(p.head is not null and p.ready < p.size and p.problem_of is distinct from p.of and (p.retry_at is null or p.retry_at < now()))`

/** Runs come first: what a server can do is theirs. */
export const runsAt = (server: RawBuilder<unknown>) => sql`
        select r.id from run r
        where r.state in ('queued', 'running', 'pausing', 'cancelling')
          and exists (select from run_item i where i.run_id = r.id and i.server_id = ${server} and i.state in ('pending', 'running', 'interrupted'))`
const hasOpenItems = (server: RawBuilder<unknown>) => sql`exists (${runsAt(server)})`

export const isServerBusy = async (db: ControlDb, serverId: number): Promise<boolean> => {
  const { rows } = await sql<{ busy: boolean }>`select ${hasOpenItems(sql`${serverId}::bigint`)} as busy`.execute(db)
  return rows[0]?.busy === true
}

export const databasesDue = async (db: ControlDb): Promise<number[]> => {
  const { rows } = await sql<{ id: number }>`
    with p as (${pools}),
    of_databases as (
      select p.database_id, bool_or(${isLacking}) and (not bool_or(p.in_demand) or bool_or(p.ready * 2 < p.size)) as lacking,
        bool_or(p.outdated > 0 or p.unsettled > 0 or p.past > 0 or p.ready > p.size or (p.size = 0 and p.held = 0)) and not bool_or(p.in_demand) and not bool_or(coalesce(p.retry_at > now(), false)) as untidy
      from p group by p.database_id)
    select d.id from database d left join of_databases o on o.database_id = d.id
    where (coalesce(o.lacking or o.untidy, false)
        or d.pool_swept_at is null
        or d.pool_swept_at < now() - make_interval(mins => case when o.database_id is null then ${idleSweepMinutes}::integer else ${sweepMinutes}::integer end))
      and not ${hasOpenItems(sql`d.server_id`)}
    order by d.id`.execute(db)
  return rows.map(({ id }) => id)
}
