/** Migrations that stay in their middle until a test lets them go: what it does meanwhile is done meanwhile, however busy the machine is. */
import type postgres from 'postgres'

/**
 * A statement that ends once the gate is open; at its bound of time, like any other, at the latest.
 * @param schema the only one whose migration waits
 */
export const waitAt = (gate: string, schema?: string): string =>
  `do $$ begin while ${schema === undefined ? '' : `current_schema() = '${schema}' and `}not exists (select from pg_catalog.pg_class where relname = '${gate}') loop perform pg_catalog.pg_sleep(0.02); end loop; end $$;`

/** @param sql a session on the database of those that wait */
export const openGate = (sql: postgres.Sql, gate: string): Promise<unknown> => sql.unsafe(`create table public.${gate} ()`)
