/** A report as it stands, with the runs that its result is made of; and where their rows are. */
import { sql } from 'kysely'
import type { ReportColumn, ReportRun } from '../contract/reports.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'
import { quoteIdent } from '../sql/ident.ts'
import { dropUnanswered, reportSchema } from './place.ts'
import { summaryColumns, summarySource, type SummaryRow } from './summaries.ts'

export type Head = SummaryRow &
  Pick<ReportRun, 'sql' | 'params' | 'selection' | 'rowCap' | 'columns' | 'childRuns' | 'leftOut'> & {
    /** This run behind those whose silent tenants it asked again, oldest first. */
    readonly chain: readonly number[]
  }

const chainOf = async (db: ControlDb, run: number): Promise<readonly number[]> =>
  (await db.selectFrom('report_run').select('chain').where('run_id', '=', run).executeTakeFirst())?.chain ?? []

/** @throws report.unknown */
export const headOf = async (db: ControlDb, run: number): Promise<Head> => {
  for (const each of await chainOf(db, run)) await dropUnanswered(db, each)
  const { rows } = await sql<Head>`
    select ${summaryColumns}, p.sql, p.params, p.selection, p.row_cap as "rowCap", p.columns, p.chain,
      array(select c.id from run c where c.parent_run_id = r.id order by c.id) as "childRuns",
      array(
        select jsonb_array_elements_text(case when p.selection ->> 'kind' = 'tenants' then p.selection -> 'slugs' else '[]' end)
        except select coalesce(t.slug, i.tenant_slug) from run_item i left join tenant t on t.id = i.tenant_id where i.run_id = p.chain[1] order by 1) as "leftOut"
    from ${summarySource} where p.run_id = ${run}`.execute(db)
  const [head] = rows
  if (!head) throw new TenancyError('report.unknown', { run })
  const own: ReportColumn = { name: 'tenant', type: 'text' }
  return { ...head, columns: [own, ...head.columns.map(({ name, type }) => ({ name, type }))] }
}

/** @throws report.unknown, report.expired, report.lost */
export const requireRows = async (db: ControlDb, run: number): Promise<Head> => {
  const head = await headOf(db, run)
  if (head.droppedAt !== null) throw new TenancyError('report.expired', { run, droppedAt: head.droppedAt.toISOString().slice(0, 10) })
  const { rows } = await sql<{ kept: boolean }>`select exists (select from ${sql.raw(`${quoteIdent(reportSchema(run))}.tenants`)}) as kept`.execute(db)
  if (rows[0]?.kept !== true) throw new TenancyError('report.lost', { run })
  return head
}

type Place = { readonly chain: readonly number[]; readonly columns: ReadonlyArray<Pick<ReportColumn, 'name'>> }

/** A SELECT over all rows of the result, with what they are found and kept in order by: `tenantry_target` and `tenantry_place`. */
export const collectedOf = ({ chain, columns }: Place): string => {
  const names = columns.map(({ name }) => quoteIdent(name)).join(', ')
  return chain.map((run) => `SELECT ${names}, tenantry_target, ctid AS tenantry_place FROM ${quoteIdent(reportSchema(run))}.collected`).join(' UNION ALL ')
}
