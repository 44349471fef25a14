import type postgres from 'postgres'
import { withSql } from './server.ts'

/** What a run leaves, and who works at present; a control database that is migrated has its own history. */
const left = ['tenantry_history', 'run', 'run_item', 'attempt', 'conductor', 'worker', 'audit']

/** The registry of a control database into another one that is migrated and otherwise empty. */
export const copyRegistry = async (from: postgres.Sql, toUrl: string): Promise<void> => {
  const tables = await from<Array<{ name: string }>>`
    select c.relname as name from pg_class c where c.relnamespace = 'tenantry'::regnamespace and c.relkind = 'r' and c.relname <> all(${left}) order by 1`
  const sequences = await from<Array<{ name: string; last: string }>>`
    select sequencename as name, last_value::text as last from pg_sequences where schemaname = 'tenantry' and last_value is not null`
  await withSql(toUrl, async (to) => {
    // Neither triggers nor references: everything comes as it is.
    await to`set session_replication_role = replica`
    await to.unsafe(`truncate ${tables.map(({ name }) => `tenantry.${name}`).join(', ')} cascade`)
    for (const { name } of tables) {
      // The driver's COPY was seen to wait for good for the end of an empty table.
      const [all] = await from<Array<{ rows: string }>>`select coalesce(json_agg(t), '[]')::text as rows from tenantry.${from(name)} t`
      await to`insert into tenantry.${to(name)} overriding system value select * from json_populate_recordset(null::tenantry.${to(name)}, ${all?.rows ?? '[]'}::text::json)`
    }
    for (const { name, last } of sequences) await to`select setval(${`tenantry.${name}`}::text::regclass, ${last}::text::bigint)`
  })
}
