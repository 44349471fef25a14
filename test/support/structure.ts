/** All that PostgreSQL's catalogs say of one tenant, with its own names taken out: two tenants of one make are equal line by line. */
import type postgres from 'postgres'

const acl = (column: string): string => `(select string_agg(a::text, ' ' order by a::text) from unnest(${column}) a)`

/** Everything is printed with an empty path, so each name stands there with its schema. */
const facts: ReadonlyArray<readonly [string, string]> = [
  ['schema', `select n.nspname, pg_get_userbyid(n.nspowner), ${acl('n.nspacl')}, obj_description(n.oid, 'pg_namespace') from pg_namespace n where n.oid = $1`],
  [
    'relation',
    `select c.relname, c.relkind, c.relpersistence, pg_get_userbyid(c.relowner), ${acl('c.relacl')}, c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relreplident,
      c.relispartition, pg_get_expr(c.relpartbound, c.oid), pg_get_partkeydef(c.oid), obj_description(c.oid, 'pg_class'), case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end, c.relispopulated,
      (select array_agg(i.inhparent::regclass::text order by i.inhseqno) from pg_inherits i where i.inhrelid = c.oid)
     from pg_class c where c.relnamespace = $1`,
  ],
  [
    'column',
    `select c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attisdropped, a.attstorage, a.attcompression, a.attoptions,
      coalesce(a.attstattarget, -1), a.attcollation::regcollation, ${acl('a.attacl')}, pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
     from pg_class c join pg_attribute a on a.attrelid = c.oid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum where c.relnamespace = $1 and a.attnum > 0`,
  ],
  [
    'index',
    `select c.relname, pg_get_indexdef(c.oid), i.indisvalid, i.indisready, i.indisprimary, i.indisunique, i.indisclustered, i.indisreplident, obj_description(c.oid, 'pg_class')
     from pg_class c join pg_index i on i.indexrelid = c.oid where c.relnamespace = $1`,
  ],
  [
    'constraint',
    `select k.conname, k.contype, k.conrelid::regclass, k.contypid::regtype, pg_get_constraintdef(k.oid), k.condeferrable, k.condeferred, k.convalidated, obj_description(k.oid, 'pg_constraint')
     from pg_constraint k where k.connamespace = $1`,
  ],
  [
    'sequence',
    `select c.relname, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle, pg_sequence_last_value(c.oid)
     from pg_class c join pg_sequence s on s.seqrelid = c.oid where c.relnamespace = $1`,
  ],
  [
    'function',
    `select p.oid::regprocedure, p.prokind, p.prosrc, p.proconfig, p.provolatile, p.prosecdef, p.proleakproof, p.proisstrict, p.proparallel, p.procost, p.prorows, pg_get_function_arguments(p.oid),
      pg_get_function_result(p.oid), pg_get_userbyid(p.proowner), ${acl('p.proacl')}, obj_description(p.oid, 'pg_proc'), case when p.prokind <> 'a' then pg_get_functiondef(p.oid) end
     from pg_proc p where p.pronamespace = $1`,
  ],
  [
    'trigger',
    `select c.relname, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled, obj_description(t.oid, 'pg_trigger') from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace = $1 and not t.tgisinternal`,
  ],
  [
    'policy',
    `select c.relname, p.polname, p.polcmd, p.polpermissive, p.polroles::regrole[], pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), obj_description(p.oid, 'pg_policy')
     from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace = $1`,
  ],
  [
    'rule',
    `select c.relname, r.rulename, r.ev_enabled, pg_get_ruledef(r.oid) from pg_rewrite r join pg_class c on c.oid = r.ev_class where c.relnamespace = $1`,
  ],
  [
    'type',
    `select t.oid::regtype, t.typtype, t.typnotnull, t.typdefault, format_type(t.typbasetype, t.typtypmod), pg_get_userbyid(t.typowner), ${acl('t.typacl')}, obj_description(t.oid, 'pg_type'),
      (select array_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid) from pg_type t where t.typnamespace = $1`,
  ],
  ['statistics', `select s.stxname, pg_get_statisticsobjdef(s.oid), pg_get_userbyid(s.stxowner) from pg_statistic_ext s where s.stxnamespace = $1`],
  ['default rights', `select pg_get_userbyid(f.defaclrole), f.defaclobjtype, ${acl('f.defaclacl')} from pg_default_acl f where f.defaclnamespace = $1`],
]

const roleFacts = `select rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit, rolconfig, shobj_description(oid, 'pg_authid') from pg_roles where rolname = $1`

type Names = { readonly schema: string; readonly role: string }

const without = (text: string, { schema, role }: Names): string => text.replaceAll(schema, '<tenant>').replaceAll(role, '<tenant>')

/** @returns lines in order; the rows of all tables are among them, but what differs from one onboarding to the next in the history is not */
export const structureOf = async (sql: postgres.Sql, names: Names): Promise<readonly string[]> =>
  sql.begin(async (trx) => {
    await trx`set local search_path = ''`
    const [place] = await trx<Array<{ oid: string }>>`select oid::text as oid from pg_catalog.pg_namespace where nspname = ${names.schema}`
    const oid = place?.oid ?? '0'
    const lines: string[] = []
    const add = (kind: string, rows: readonly unknown[]): void => {
      for (const row of rows) lines.push(`${kind} ${without(JSON.stringify(row), names)}`)
    }
    for (const [kind, query] of facts) add(kind, await trx.unsafe(query.replaceAll('$1', oid)).values())
    add('role', await trx.unsafe(roleFacts.replaceAll('$1', `'${names.role}'`)).values())
    add(
      'history',
      await trx`select version, name, checksum, baseline, finished_at is not null, finished_at >= applied_at, statements_done from ${trx(names.schema)}.tenantry_history`.values(),
    )
    const tables = await trx<
      Array<{ name: string }>
    >`select relname as name from pg_class where relnamespace = ${oid}::oid and relkind in ('r', 'm') and relname <> 'tenantry_history'`
    // Not prepared: the table may have other columns when it is read the next time.
    for (const { name } of tables) add(`row of ${name}`, await trx.unsafe(`select to_jsonb(one) as of from "${names.schema}"."${name}" one`).simple())
    return lines.toSorted()
  })
