/** Where a report's rows are: a schema of its own in the control database. */
import { sql } from 'kysely'
import type { ControlDb } from '../control/db.ts'
import type { CollectedColumn } from '../control/report-tables.ts'
import { quoteIdent } from '../sql/ident.ts'
import { sqlTypeOf } from './column-types.ts'

export const reportSchema = (run: number): string => `tenantry_report_${run}`

/** Names that the columns of a report may not have. */
export const takenColumns: ReadonlySet<string> = new Set(['tenant', 'tenantry_target', 'tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'])

/** Unlogged: rows are asked for again rather than written twice. A crash empties `tenants` with them, which is how that is told. */
export const makePlace = async (trx: ControlDb, run: number, columns: readonly CollectedColumn[]): Promise<void> => {
  const schema = quoteIdent(reportSchema(run))
  const names = columns.map(({ name }) => quoteIdent(name))
  const typed = columns.map((column, index) => `${names[index]} ${sqlTypeOf(column)}`)
  await sql.raw(`create schema ${schema}`).execute(trx)
  await sql
    .raw(`create unlogged table ${schema}.collected (${['tenantry_target bigint not null', 'tenant text collate "C" not null', ...typed].join(', ')})`)
    .execute(trx)
  await sql.raw(`create view ${schema}.results as select ${['tenant', ...names].join(', ')} from ${schema}.collected`).execute(trx)
  await sql.raw(`create unlogged table ${schema}.batch (collector uuid, number bigint, primary key (collector, number))`).execute(trx)
  await sql
    .raw(
      `create unlogged table ${schema}.tenants as
       select n.slug as tenant, n.name, n.labels, d.name as database, o.bytes, o.version
       from run_item i join tenant n on n.id = i.tenant_id join target t on t.id = i.target_id join database d on d.id = t.database_id left join observation o on o.target_id = t.id
       where i.run_id = ${run}`,
    )
    .execute(trx)
}

const dropAtOnce = 20

/** Rows that were kept for long enough go, a few reports at a time; what was asked stays. @returns how many reports lost theirs */
export const dropExpired = async (db: ControlDb): Promise<number> => {
  const { rows } = await sql<{ run_id: number }>`
    select p.run_id from report_run p join run r on r.id = p.run_id
    where p.dropped_at is null and p.expires_at < now() and r.state in ('succeeded', 'failed', 'cancelled') order by p.expires_at limit ${dropAtOnce}`.execute(
    db,
  )
  for (const { run_id: run } of rows)
    await db.transaction().execute(async (trx) => {
      await sql.raw(`drop schema if exists ${quoteIdent(reportSchema(run))} cascade`).execute(trx)
      await sql`update report_run set dropped_at = now() where run_id = ${run}`.execute(trx)
    })
  return rows.length
}
