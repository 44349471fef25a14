/** A control database that knows one tenant, on a server that is not there: for what is told of rows and never asks a tenants' server. */
import { sql } from 'kysely'
import type { ControlDb } from '../../lib/tenancy/control/db.ts'

/** Set `app`, database `app`, tenant `acme` and its target. */
export const insertOneTenant = async (db: ControlDb): Promise<void> => {
  for (const insert of [
    sql`insert into server (identity, name, version, version_num, max_connections, reserved_connections, budget) values ('1', 'one:5432', '15.18', 150018, 100, 3, 8)`,
    sql`insert into database (server_id, name, host, port, dbname, username, url_sealed) select id, 'app', 'one', 5432, 'app', 'u', '\\x00' from server`,
    sql`insert into migration_set (name) values ('app')`,
    sql`insert into tenant (slug, name, state) values ('acme', 'Acme', 'active')`,
    sql`insert into target (set_id, database_id, schema_name, isolation) select s.id, d.id, 'tenant_acme', 'schema' from migration_set s, database d`,
  ])
    await insert.execute(db)
}
