/** A rerun of a report asks its silent tenants alone, and its result holds the rows of both. */
import { sql } from 'kysely'
import { openItemStates, type RunState } from '../contract/states.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'
import type { Leftover } from '../runs/leftovers.ts'
import { requireRows } from './head.ts'
import { planFill } from './missing/fill-plan.ts'
import { makePlace } from './place.ts'
import { expiryFrom } from './retention.ts'
import { readHeadStructure } from './structure.ts'

/** What there is of it stays until the transaction ends. @throws report.unknown, report.expired, report.lost */
export const holdResult = async (trx: ControlDb, run: number): Promise<void> => {
  await sql`select from report_run where run_id = any((select chain from report_run where run_id = ${run})::bigint[]) order by run_id for update`.execute(trx)
  await requireRows(trx, run)
}

/**
 * Tenants that none of the runs behind the result has had an answer of, each as its last try left it; in the order of position. What runs beside it have had is
 * no part of this result.
 * @param slugs only these
 */
export const readSilent = async (trx: ControlDb, run: number, slugs?: readonly string[]): Promise<readonly Leftover[]> => {
  const named = slugs === undefined ? sql`true` : sql`n.slug = any(${[...slugs]}::text[])`
  const { rows } = await sql<Leftover>`
    with last as (
      select distinct on (i.target_id) i.* from run_item i
      where i.run_id = any((select chain from report_run where run_id = ${run})::bigint[]) and i.target_id is not null order by i.target_id, i.run_id desc),
    silent as (
      select l.*, n.slug, n.state = 'active' and exists (select from placement p where p.tenant_id = l.tenant_id and p.target_id = l.target_id) as is_placed, (
        select min(j.run_id) from report_run d join run_item j on j.run_id = d.run_id
        where d.chain @> array[${run}::bigint] and d.run_id > ${run} and j.target_id = l.target_id and j.state = 'succeeded') as by
      from last l join tenant n on n.id = l.tenant_id where l.state in ('failed', 'interrupted', 'cancelled') and ${named})
    select s.slug, s.state, coalesce(s.cause, '') as cause, s.by as "putRightBy", s.by is null and s.is_placed as "isLeft", s.target_id as "targetId", s.tenant_id as "tenantId",
      s.server_id as "serverId", o.version, s.options
    from silent s left join observation o on o.target_id = s.target_id order by s.run_id, s.position`.execute(trx)
  return rows
}

/** Nobody is asked twice at once for the same result. @throws run.targets_busy */
export const requireUnasked = async (trx: ControlDb, run: number, targetIds: readonly number[]): Promise<void> => {
  const { rows } = await sql<{ run: number; state: RunState; count: number }>`
    select r.id as run, r.state, count(*)::int as count from report_run p join report_run d on d.chain[1] = p.chain[1] and d.chain @> array[p.chain[1]]
      join run r on r.id = d.run_id join run_item i on i.run_id = r.id
    where p.run_id = ${run} and i.target_id = any(${[...targetIds]}::bigint[]) and i.state in (${sql.join(openItemStates)}) group by r.id order by r.id limit 1`.execute(
    trx,
  )
  const [busy] = rows
  if (busy) throw new TenancyError('run.targets_busy', busy)
}

/** From the set's structure as it is now. */
const fillOf = async (trx: ControlDb, setId: number, parent: number): Promise<string> => {
  const { statement } = await trx.selectFrom('report_run').select('statement').where('run_id', '=', parent).executeTakeFirstOrThrow()
  return JSON.stringify(await planFill(await readHeadStructure(trx, setId), statement))
}

/**
 * What its result is made of is kept for as long as it is.
 * @param filledFor the set whose newest structure says where NULL stands for what a tenant lacks; null: as the parent was asked
 */
export const askAgain = async ({ clock }: Pick<Library, 'clock'>, trx: ControlDb, parent: number, run: number, filledFor: number | null): Promise<void> => {
  const expiry = await expiryFrom(trx, clock())
  const fill = filledFor === null ? null : await fillOf(trx, filledFor, parent)
  await sql`
    insert into report_run (run_id, sql, statement, params, columns, row_cap, missing, fill, selection, sampled_of, report_id, is_as_saved, chain, expires_at)
    select ${run}::bigint, sql, statement, params, columns, row_cap, case when ${fill}::text is null then missing else 'null' end, coalesce(${fill}::jsonb, fill), selection, sampled_of, report_id,
      is_as_saved and (${fill}::text is null or missing = 'null'), chain || ${run}::bigint, ${expiry} from report_run where run_id = ${parent}`.execute(trx)
  const { chain, columns } = await trx.selectFrom('report_run').select(['chain', 'columns']).where('run_id', '=', run).executeTakeFirstOrThrow()
  await sql`update report_run set expires_at = greatest(expires_at, ${expiry}) where run_id = any(${chain}::bigint[])`.execute(trx)
  await makePlace(trx, run, columns, chain.slice(0, -1))
}
