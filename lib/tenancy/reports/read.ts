/** What a report has found, and who did not answer. */
import { sql } from 'kysely'
import { may, type Actor } from '../contract/permissions.ts'
import { openItemStates } from '../contract/states.ts'
import type { FilledTenants, ReportRun, SilentTenants } from '../contract/reports.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { listFailures } from '../runs/failures.ts'
import { requireReadable } from './access.ts'
import { mostRowsOfAll } from './collector.ts'
import { headOf, type Head } from './head.ts'
import { tooManyRows } from './place.ts'
import { summaryOf } from './summaries.ts'

/** Those that were never asked: the report ended before. */
const unasked = async (db: ControlDb, run: number): Promise<readonly SilentTenants[]> => {
  const { rows } = await sql<{ slugs: string[]; reason: string | null }>`
    select array_agg(coalesce(t.slug, i.tenant_slug) order by coalesce(t.slug, i.tenant_slug)) as slugs, min(r.stop_reason) as reason
    from run_item i join run r on r.id = i.run_id left join tenant t on t.id = i.tenant_id
    where i.run_id = ${run} and i.state not in ('succeeded', 'failed', ${sql.join(openItemStates)}) having count(*) > 0`.execute(db)
  return rows.map(({ slugs, reason }) => ({
    code: reason === tooManyRows ? 'report_too_many_rows' : 'cancelled',
    message:
      reason === tooManyRows
        ? `The report was ended before they had answered: its rows had come to more than ${mostRowsOfAll}. Ask for less, or fewer tenants at a time.`
        : 'The report was cancelled before they had answered.',
    example: null,
    slugs,
  }))
}

const slugsAsked = async (db: ControlDb, runs: readonly number[]): Promise<ReadonlySet<string>> => {
  const { rows } = await sql<{ slug: string }>`
    select coalesce(t.slug, i.tenant_slug) as slug from run_item i left join tenant t on t.id = i.tenant_id where i.run_id = any(${[...runs]}::bigint[])`.execute(
    db,
  )
  return new Set(rows.map(({ slug }) => slug))
}

const aVersion = / \(version [^)]*\)/

/** Causes of which each tenant was told the same, word by word but for its version: it holds nothing of one of them. */
const saidAlike = async (db: ControlDb, run: number): Promise<ReadonlySet<string>> => {
  const { rows } = await sql<{ cause: string }>`
    select coalesce(cause, '') as cause from run_item where run_id = ${run} and state = 'failed' and error is not null
    group by 1 having count(distinct regexp_replace(error ->> 'message', ' \\(version [^)]*\\)', '')) = 1`.execute(db)
  return new Set(rows.map(({ cause }) => cause))
}

/** Of all runs of a chain, as its last try left each tenant. */
const silentOf = async ({ control }: Pick<Library, 'control'>, { chain }: Head, withValues: boolean): Promise<readonly SilentTenants[]> => {
  const groups: SilentTenants[] = []
  for (const [index, run] of chain.entries()) {
    const failures = await listFailures({ control }, run)
    const alike = failures.length > 0 ? await saidAlike(control.db, run) : new Set<string>()
    const found = [
      ...failures.map(({ cause, example, message, tenants }) => ({
        code: example.code,
        // What PostgreSQL says of a tenant may quote its values.
        message: !withValues || !alike.has(cause) ? message : tenants.length === 1 ? example.message : example.message.replace(aVersion, ''),
        example: withValues ? example : null,
        slugs: tenants,
      })),
      ...(await unasked(control.db, run)),
    ]
    const later = chain.slice(index + 1)
    const again = found.length > 0 && later.length > 0 ? await slugsAsked(control.db, later) : new Set<string>()
    groups.push(...found.map((group) => ({ ...group, slugs: group.slugs.filter((slug) => !again.has(slug)) })))
  }
  return groups.filter(({ slugs }) => slugs.length > 0).toSorted((one, other) => other.slugs.length - one.slugs.length)
}

/** Each tenant has answered in one of the runs at most. */
const filledOf = async (db: ControlDb, { chain }: Head): Promise<readonly FilledTenants[]> => {
  const { rows } = await sql<FilledTenants>`
    select f.lacks, array_agg(coalesce(t.slug, i.tenant_slug) order by coalesce(t.slug, i.tenant_slug)) as slugs
    from report_filled f join run_item i on i.run_id = f.run_id and i.position = f.position left join tenant t on t.id = i.tenant_id
    where f.run_id = any(${chain}::bigint[]) and i.state = 'succeeded' group by f.lacks order by count(*) desc, f.lacks`.execute(db)
  return rows
}

type Beside = Pick<ReportRun, 'childRuns' | 'leftOut' | 'asSaved'>

const besideOf = async (db: ControlDb, run: number): Promise<Beside> => {
  const { rows } = await sql<Beside>`
    select array(select c.id from run c where c.parent_run_id = p.run_id order by c.id) as "childRuns", array(
      select jsonb_array_elements_text(case when p.selection ->> 'kind' = 'tenants' and p.sampled_of is null then p.selection -> 'slugs' else '[]' end)
      except select coalesce(t.slug, i.tenant_slug) from run_item i left join tenant t on t.id = i.tenant_id where i.run_id = p.chain[1] order by 1) as "leftOut", (
      select jsonb_build_object('combine', e.content -> 'combine', 'chart', e.content -> 'chart') from saved_report_edit e join run f on f.id = p.chain[1]
      where e.report_id = p.report_id and e.at <= f.created_at and e.content ->> 'sql' = p.sql order by e.revision desc limit 1) as "asSaved"
    from report_run p where p.run_id = ${run}`.execute(db)
  return rows[0] ?? { childRuns: [], leftOut: [], asSaved: null }
}

/** @throws report.unknown, report.not_yours */
export const getReport = async ({ control }: Library, actor: Actor, run: number): Promise<ReportRun> => {
  await requireReadable(control.db, actor, run)
  const head = await headOf(control.db, run)
  return {
    ...summaryOf(head),
    ...(await besideOf(control.db, run)),
    silent: await silentOf({ control }, head, may(actor.role, 'rows.read')),
    filled: await filledOf(control.db, head),
  }
}
