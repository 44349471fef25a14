/** Where a report's rows are: a schema of its own in the control database. */
import { sql } from 'kysely'
import type { ControlDb } from '../control/db.ts'
import type { CollectedColumn } from '../control/report-tables.ts'
import { quoteIdent } from '../sql/ident.ts'
import { sqlTypeOf } from './column-types.ts'

export const reportSchema = (run: number): string => `tenantry_report_${run}`

/** Why a report was ended by itself. */
export const tooManyRows = 'report_rows'

/** Names that the columns of a report may not have. */
export const takenColumns: ReadonlySet<string> = new Set(['tenant', 'tenantry_target', 'tenantry_row', 'tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'])

/**
 * `tenantry_row` grows with each row of a tenant: where a row comes to lie says nothing of when it came.
 *
 * Unlogged: rows are asked for again rather than written twice. A crash empties `tenants` with them, which is how that is told.
 * @param before runs whose silent tenants this one asks again, oldest first: their rows are part of its result
 */
export const makePlace = async (trx: ControlDb, run: number, columns: readonly CollectedColumn[], before: readonly number[] = []): Promise<void> => {
  const schema = quoteIdent(reportSchema(run))
  const names = columns.map(({ name }) => quoteIdent(name))
  const typed = columns.map((column, index) => `${names[index]} ${sqlTypeOf(column)}`)
  const all = [...before, run].map((each) => `select ${['tenant', ...names].join(', ')} from ${quoteIdent(reportSchema(each))}.collected`)
  const parent = before.at(-1)
  const statements = [
    `create schema ${schema}`,
    `create unlogged table ${schema}.collected (${['tenantry_target bigint not null', 'tenant text collate "C" not null', 'tenantry_row bigint not null', ...typed].join(', ')})`,
    `create index on ${schema}.collected (tenantry_target)`,
    `create view ${schema}.results as ${all.join(' union all ')}`,
    `create unlogged table ${schema}.batch (collector uuid, number bigint, primary key (collector, number))`,
    `create unlogged table ${schema}.tenants as
       select n.slug as tenant, n.slug, n.name, n.labels, d.name as database, o.bytes, o.version
       from run_item i join tenant n on n.id = i.tenant_id join target t on t.id = i.target_id join database d on d.id = t.database_id left join observation o on o.target_id = t.id
       where i.run_id = ${run}`,
  ]
  if (parent !== undefined)
    statements.push(
      `insert into ${schema}.tenants select p.tenant, p.tenant, p.name, p.labels, p.database, p.bytes, p.version from ${quoteIdent(reportSchema(parent))}.tenants p where not exists (select from ${schema}.tenants t where t.tenant = p.tenant)`,
    )
  // In one message: somebody waits for them.
  await sql.raw(statements.join(';\n')).execute(trx)
}

/** Runs that were looked through so long after their end that nobody writes any more. */
const lookedThrough = new WeakMap<ControlDb, Set<number>>()

/**
 * A report that has ended keeps rows of those that have answered alone. A conductor that died has left what it collected for tenants that nobody asks again, and one
 * that was slow may even write afterwards: so it is looked for by whoever reads.
 */
export const dropUnanswered = async (db: ControlDb, run: number): Promise<void> => {
  const known = lookedThrough.get(db) ?? new Set<number>()
  lookedThrough.set(db, known)
  if (known.has(run)) return
  const collected = `${quoteIdent(reportSchema(run))}.collected`
  const { rows } = await sql<{ isOld: boolean }>`
    select coalesce(r.finished_at < now() - interval '5 minutes', false) as "isOld"
    from report_run p join run r on r.id = p.run_id where p.run_id = ${run} and p.dropped_at is null and r.state in ('succeeded', 'failed', 'cancelled')
      and exists (select from run_item where run_id = r.id and state <> 'succeeded') and to_regclass(${collected}) is not null`.execute(db)
  const [found] = rows
  if (!found) return
  await sql`
    with gone as (delete from ${sql.raw(collected)} where tenantry_target in (select target_id from run_item where run_id = ${run} and state <> 'succeeded') returning 1)
    update report_run set row_count = row_count - n from (select count(*) as n from gone) g where run_id = ${run} and n > 0`.execute(db)
  if (found.isOld) known.add(run)
}
