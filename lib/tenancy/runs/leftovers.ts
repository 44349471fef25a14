/** Items that a run did not bring to its goal, told apart by what has happened since: a rerun takes what is left, and every page says the same. */
import { sql } from 'kysely'
import type { PutRight } from '../contract/put-right.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'

/**
 * The first later run that did what item `i` of run `r` did not: brought the same target to the same version or a later one, or built the same tenant,
 * wherever that was; or had an answer of the tenant to the same report, asked again.
 */
export const putRightBy = sql<number | null>`
  case when i.state not in ('failed', 'interrupted', 'cancelled') then null
  when r.kind = 'onboard' then (
    select min(j.run_id) from run_item j join run s on s.id = j.run_id
    where j.tenant_id = i.tenant_id and j.run_id > i.run_id and j.state in ('succeeded', 'skipped') and s.kind = 'onboard' and s.set_id = r.set_id)
  when r.kind = 'repair' then (
    select min(j.run_id) from run_item j join run s on s.id = j.run_id
    where j.target_id = i.target_id and j.run_id > i.run_id and j.state in ('succeeded', 'skipped') and s.kind = 'repair' and s.repair ->> 'shape' = r.repair ->> 'shape')
  when r.kind = 'report' then (
    select min(j.run_id) from report_run d join run_item j on j.run_id = d.run_id
    where d.chain @> array[r.id] and d.run_id > r.id and j.target_id = i.target_id and j.state = 'succeeded')
  else (
    select min(j.run_id) from run_item j join run s on s.id = j.run_id
    where j.target_id = i.target_id and j.run_id > i.run_id and j.state in ('succeeded', 'skipped') and s.kind = 'migrate' and j.to_version >= i.to_version)
  end`

export type Leftover = {
  readonly slug: string
  readonly state: 'failed' | 'interrupted' | 'cancelled'
  readonly cause: string
  readonly putRightBy: number | null
  /** Whether a rerun would take it: no later run did, its tenant is not suspended, and the target is its tenant’s still. */
  readonly isLeft: boolean
  readonly targetId: number | null
  readonly tenantId: number | null
  readonly serverId: number
  readonly version: string | null
  readonly options: object | null
}

/** In the order of position. @param slugs only these tenants’ */
export const readLeftovers = async (db: ControlDb, run: number, slugs?: readonly string[]): Promise<readonly Leftover[]> => {
  const named = slugs === undefined ? sql`true` : sql`n.slug = any(${[...slugs]}::text[])`
  const { rows } = await sql<Leftover>`
    with undone as (
      select i.position, coalesce(n.slug, i.tenant_slug) as slug, i.state, coalesce(i.cause, '') as cause, ${putRightBy} as by, i.target_id, i.tenant_id, i.server_id, i.options,
        n.state in ('active', 'provisioning')
          and exists (select from placement p where p.tenant_id = i.tenant_id and p.set_id = r.set_id and p.target_id = i.target_id) as is_placed
      from run_item i join run r on r.id = i.run_id left join tenant n on n.id = i.tenant_id
      where i.run_id = ${run} and i.state in ('failed', 'interrupted', 'cancelled') and ${named})
    select u.slug, u.state, u.cause, u.by as "putRightBy", u.by is null and coalesce(u.is_placed, false) as "isLeft", u.target_id as "targetId", u.tenant_id as "tenantId",
      u.server_id as "serverId", o.version, u.options
    from undone u left join observation o on o.target_id = u.target_id order by u.position`.execute(db)
  return rows
}

const mostListed = 3

/** @param slugs as somebody named them: "acme, globex, initech and 4 more" */
export const nothingLeft = (run: number, slugs: readonly string[] | undefined): TenancyError => {
  if (slugs === undefined) return new TenancyError('run.no_items', { run })
  const more = slugs.length > mostListed ? ` and ${slugs.length - mostListed} more` : ''
  return new TenancyError('run.no_items', { run, ofThose: ` of ${slugs.slice(0, mostListed).join(', ')}${more}` })
}

/**
 * Whoever names tenants means each of them: one that was mistyped must not be passed over.
 * @param among the items of the run itself, or where the silent of a report are asked again, those of the runs before it too
 * @throws tenant.unknown, run.not_in
 */
export const requireInRun = async (db: ControlDb, run: number, slugs: readonly string[] | undefined, among: 'itself' | 'chain'): Promise<void> => {
  if (slugs === undefined) return
  const { rows } = await sql<{ slug: string; isKnown: boolean }>`
    select x.slug, exists (select from tenant n where n.slug = x.slug) as "isKnown" from unnest(${[...slugs]}::text[]) with ordinality x(slug, nr)
    where not exists (
      select from run_item i left join tenant n on n.id = i.tenant_id
      where i.run_id = any(array[${run}::bigint] || (select chain from report_run where run_id = ${run} and ${among === 'chain'})) and coalesce(n.slug, i.tenant_slug) = x.slug)
    order by nr limit 1`.execute(db)
  const [missing] = rows
  if (missing) throw missing.isKnown ? new TenancyError('run.not_in', { run, slug: missing.slug }) : new TenancyError('tenant.unknown', { slug: missing.slug })
}

/** By run, the oldest first. */
export const putRightOf = (leftovers: ReadonlyArray<Pick<Leftover, 'putRightBy'>>): readonly PutRight[] => {
  const counts = new Map<number, number>()
  for (const { putRightBy: run } of leftovers) if (run !== null) counts.set(run, (counts.get(run) ?? 0) + 1)
  return [...counts].map(([run, count]) => ({ run, count })).toSorted((one, other) => one.run - other.run)
}
