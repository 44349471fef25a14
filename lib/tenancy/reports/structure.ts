/** What a report may name, as far as it is known without asking a tenant: the tables of the set's newest version. */
import { sql } from 'kysely'
import type { ReportStructure, ReportTable } from '../contract/reports.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { findSet } from '../runs/freeze.ts'

type Row = { readonly version: string; readonly tables: readonly ReportTable[] | null; readonly domains: Readonly<Record<string, string>> | null }

/** `domains`: by name, what they are made of. */
export type HeadStructure = ReportStructure & { readonly domains: ReadonlyMap<string, string> }

export const readHeadStructure = async (db: ControlDb, setId: number): Promise<HeadStructure> => {
  // What the migrations make says more than what a tenant looks like; the newest version that anything is known of says more than none.
  const { rows } = await sql<Row>`
    select m.version, (
      select jsonb_agg(jsonb_build_object('name', t ->> 'name', 'kind', case t ->> 'kind' when 'table' then 'table' else 'view' end, 'columns', coalesce((
          select jsonb_agg(jsonb_build_object('name', c ->> 'name', 'type', c #>> '{facts,structure,type}') order by coalesce(o.place, 0), c ->> 'name')
          from jsonb_array_elements(x.objects) c left join lateral (
            select n.place from jsonb_array_elements_text(t #> '{facts,order,columns}') with ordinality n (name, place) where n.name = c ->> 'name') o on true
          where c ->> 'kind' = 'column' and c ->> 'of' = t ->> 'name'), '[]')) order by t ->> 'name')
      from jsonb_array_elements(x.objects) t where t ->> 'kind' in ('table', 'view', 'materialized_view') and t ->> 'name' <> 'tenantry_history') as tables, (
      select jsonb_object_agg(t ->> 'name', t #> '{facts,structure,base}') from jsonb_array_elements(x.objects) t
      where t ->> 'kind' = 'type' and t #>> '{facts,structure,kind}' = 'domain') as domains
    from migration m cross join lateral (
      (select r.structure_id from reference r where r.set_id = m.set_id and r.digest = m.prefix_digest and r.structure_id is not null order by r.made_at desc limit 1)
      union all
      (select y.structure_id from seen_structure y where y.set_id = m.set_id and y.digest = m.prefix_digest order by y.id desc limit 1)
      limit 1) k join structure x on x.id = k.structure_id
    where m.set_id = ${setId} order by m.position desc limit 1`.execute(db)
  const [row] = rows
  return { version: row?.version ?? null, tables: row?.tables ?? [], domains: new Map(Object.entries(row?.domains ?? {})) }
}

/** @throws set.unknown */
export const reportStructure = async ({ control: { db } }: Pick<Library, 'control'>, name: string): Promise<ReportStructure> => {
  const { version, tables } = await readHeadStructure(db, (await findSet(db, name)).id)
  return { version, tables }
}
