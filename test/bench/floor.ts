/** What a bare loop over postgres.js takes for the same SQL: one message and one transaction a target, no state, no checks. */
import postgres from 'postgres'
import { fleetMigrations, rolloutVersion, type BareMigration } from './fleet-set.ts'

const connect = (url: string) => postgres(url, { max: 1, fetch_types: false, prepare: false, onnotice: () => undefined })

/** Milliseconds from the first connect to the last answer. */
const overConnections = async (url: string, connections: number, schemas: readonly string[], messageOf: (schema: string) => string): Promise<number> => {
  const sessions = Array.from({ length: connections }, () => connect(url))
  let next = 0
  const start = performance.now()
  try {
    await Promise.all(
      sessions.map(async (sql) => {
        for (let schema = schemas[next++]; schema !== undefined; schema = schemas[next++]) await sql.unsafe(messageOf(schema)).simple()
      }),
    )
    return performance.now() - start
  } finally {
    await Promise.all(sessions.map((sql) => sql.end({ timeout: 5 })))
  }
}

const insertVersion = (schema: string, { version, name }: BareMigration): string =>
  `insert into "${schema}".tenantry_history (version, name, checksum, finished_at) values ('${version}', '${name}', 'floor', clock_timestamp());`

const rolloutMessage = (schema: string): string => {
  const migration = fleetMigrations.find(({ version }) => version === rolloutVersion)
  if (!migration) throw new Error(`no migration ${rolloutVersion}`)
  return `begin; ${insertVersion(schema, migration)} set local search_path = "${schema}"; ${migration.sql} commit`
}

/** The newest migration in schemas that hold all before it. */
export const floorRollout = (url: string, connections: number, schemas: readonly string[]): Promise<number> =>
  overConnections(url, connections, schemas, rolloutMessage)

const historyTable = (schema: string): string =>
  `create table "${schema}".tenantry_history (version text collate "C" primary key, name text not null, checksum text not null, run bigint, baseline boolean not null default false,
    applied_at timestamptz not null default clock_timestamp(), finished_at timestamptz, statements_done integer not null default 0);`

/** Role, schema, rights and twenty migrations with their rows: what the product does for a tenant. */
const onboardMessage = (schema: string): string =>
  [
    `begin; create role "${schema}" nologin; comment on role "${schema}" is 'bench'; create schema "${schema}";`,
    historyTable(schema),
    `grant usage on schema "${schema}" to "${schema}";`,
    `alter default privileges in schema "${schema}" grant select, insert, update, delete on tables to "${schema}";`,
    `alter default privileges in schema "${schema}" grant usage, select on sequences to "${schema}";`,
    `alter default privileges in schema "${schema}" grant execute on functions to "${schema}";`,
    `set local search_path = "${schema}";`,
    ...fleetMigrations.filter(({ version }) => version < rolloutVersion).map((migration) => `${insertVersion(schema, migration)} ${migration.sql}`),
    'commit',
  ].join('\n')

export const floorOnboard = (url: string, connections: number, schemas: readonly string[]): Promise<number> =>
  overConnections(url, connections, schemas, onboardMessage)

/** Who has nothing to do: the newest version of each, one query a target. */
export const floorVersions = (url: string, connections: number, schemas: readonly string[]): Promise<number> =>
  overConnections(url, connections, schemas, (schema) => `select max(version) from "${schema}".tenantry_history`)

const batch = 200

/** Versions by UNION ALL and exact sizes by one grouped query, over one connection. */
export const floorObserve = async (url: string, schemas: readonly string[]): Promise<number> => {
  const sql = connect(url)
  const start = performance.now()
  try {
    for (let index = 0; index < schemas.length; index += batch) {
      const rows = schemas
        .slice(index, index + batch)
        .map((schema) => `select '${schema}' as schema, count(*) as applied, max(version) as version from "${schema}".tenantry_history`)
      await sql.unsafe(rows.join(' union all ')).simple()
    }
    await sql
      .unsafe(
        `select n.nspname, sum(pg_total_relation_size(c.oid)) from pg_namespace n join pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'm')
         where n.nspname like 'tenant\\_%' group by n.nspname`,
      )
      .simple()
    return performance.now() - start
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** What columns, indexes and constraints say, as text and in one query: the least that could be called a fingerprint. */
const fingerprints = `
  select n.nspname, md5(string_agg(x.line, e'\\n' order by x.line)) as fingerprint from (
    select c.relnamespace as place, concat_ws(' ', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) as line
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum where c.relkind in ('r', 'p', 'v', 'm')
    union all select c.relnamespace, concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid) from pg_index i join pg_class c on c.oid = i.indexrelid
    union all select k.connamespace, concat_ws(' ', k.conname, pg_get_constraintdef(k.oid), k.convalidated) from pg_constraint k) x
  join pg_namespace n on n.oid = x.place where n.nspname like 'tenant\\_%' group by n.nspname`

export const floorFingerprints = async (url: string): Promise<number> => {
  const sql = connect(url)
  const start = performance.now()
  try {
    await sql.unsafe(fingerprints).simple()
    return performance.now() - start
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** The same SELECT for each schema, and nothing kept of the answers. */
export const floorReport = (url: string, connections: number, schemas: readonly string[], select: string): Promise<number> =>
  overConnections(url, connections, schemas, (schema) => `begin; set local search_path = "${schema}"; ${select}; commit`)
