/** A control database with a fleet in it, written straight into the tables: these tests are about reading and changing the registry. */
import { sql } from 'kysely'
import type { Actor } from '../../../lib/tenancy/contract/permissions.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { silentLogger, silentMeters, type Library } from '../../../lib/tenancy/context.ts'
import { isTenancyError } from '../../../lib/tenancy/errors.ts'
import { testSecret, type Databases } from '../../support/template.ts'

export const ada: Actor = { kind: 'person', id: 'p1', label: 'ada@example.com', role: 'admin' }

/** A library on a control database of its own; the caller closes it. */
export const openLibrary = async (databases: Databases): Promise<Library> => {
  const control = openControl(await databases.control(), { max: 4 })
  return { control, secret: testSecret, logger: silentLogger, meters: silentMeters, clock: () => new Date() }
}

/** The refusal's code and details, or what came instead. */
export const refusalOf = async (
  act: Promise<unknown>,
): Promise<{ readonly code: string; readonly details: Readonly<Record<string, unknown>>; readonly message: string }> => {
  try {
    return { code: 'none', details: {}, message: JSON.stringify(await act) }
  } catch (error) {
    if (!isTenancyError(error)) throw error
    return { code: error.code, details: error.details, message: error.message }
  }
}

/**
 * Two servers, databases `app` and `eu-1`, the set `app` with migrations 0001 to 0004, and eight tenants:
 * acme, beta and delta at head · corp and echo behind (0002, 0003) · far ahead (0009) · gone diverged · helm suspended and never seen ·
 * isle provisioning without a placement.
 */
export const seedFleet = async ({ control: { db } }: Library): Promise<void> => {
  await sql`insert into server (identity, name, version, version_num, max_connections, reserved_connections, budget)
    values ('1', 'one:5432', '15.18', 150018, 100, 3, 8), ('2', 'two:5432', '16.4', 160004, 200, 3, 12)`.execute(db)
  await sql`insert into database (server_id, name, host, port, dbname, username, url_sealed)
    values (1, 'app', 'one', 5432, 'app', 'u', '\\x00'), (2, 'eu-1', 'two', 5432, 'eu', 'u', '\\x00')`.execute(db)
  await sql`insert into migration_set (name, directory, default_database_id) values ('app', '/sets/app', 1)`.execute(db)
  await sql`insert into migration_content select 'c' || i, 'select ' || i from generate_series(1, 4) i`.execute(db)
  await sql`insert into migration (set_id, version, position, name, file, checksum, prefix_digest, transactional)
    select 1, lpad(i::text, 4, '0'), i, 'step ' || i, lpad(i::text, 4, '0') || '_step.sql', 'c' || i, 'p' || i, i <> 3 from generate_series(1, 4) i`.execute(db)
  await sql`insert into tenant (slug, name, hosts, labels, state) values
    ('acme', 'Acme Corporation', '{acme.example.com}', '{"plan": "pro", "region": "eu"}', 'active'),
    ('beta', 'Beta Bakery', '{}', '{"plan": "free", "region": "eu"}', 'active'),
    ('corp', 'Corp & Co', '{}', '{"plan": "pro", "region": "us"}', 'active'),
    ('delta', 'Delta Air', '{fly.example.org}', '{"plan": "free", "region": "us"}', 'active'),
    ('echo', 'Echo Audio', '{}', '{}', 'active'),
    ('far', 'Far Travel', '{}', '{"plan": "pro"}', 'active'),
    ('gone', 'Gone Fishing', '{}', '{}', 'active'),
    ('helm', 'Helm Yachts', '{}', '{}', 'suspended'),
    ('isle', 'Isle of Acme', '{}', '{}', 'provisioning')`.execute(db)
  await sql`insert into target (set_id, database_id, schema_name, isolation)
    select 1, case when slug in ('delta', 'echo') then 2 else 1 end, 'tenant_' || slug, 'schema' from tenant where slug <> 'isle' order by slug`.execute(db)
  await sql`insert into placement (tenant_id, set_id, target_id, isolation, role_name)
    select t.id, 1, ta.id, 'schema', ta.schema_name from tenant t join target ta on ta.schema_name = 'tenant_' || t.slug`.execute(db)
  await sql`insert into observation (target_id, observed_at, version, applied, digest, version_state, pending, remark, bytes)
    select ta.id, now() - interval '1 minute', x.version, x.applied, x.digest, x.state, x.pending, x.remark, x.bytes
    from (values
      ('acme', '0004', 4, 'p4', 'at_head', 0, null, 4000), ('beta', '0004', 4, 'p4', 'at_head', 0, null, 3000),
      ('corp', '0002', 2, 'p2', 'behind', 2, null, 2000), ('delta', '0004', 4, 'p4', 'at_head', 0, null, 9000),
      ('echo', '0003', 3, 'p3', 'behind', 1, '0003 is half done: 1 of its statements ran', 1000),
      ('far', '0009', 5, 'x', 'ahead', null, '0009 applied, newer than the set’s head 0004', 500),
      ('gone', '0004', 3, 'y', 'diverged', null, '0003 missing below 0004', 400)
    ) x (slug, version, applied, digest, state, pending, remark, bytes)
    join target ta on ta.schema_name = 'tenant_' || x.slug`.execute(db)
}

export type SeedItem = { readonly slug: string; readonly state: string; readonly cause?: string; readonly message?: string }

/** A run over the tenants named, its items in their order. */
export const seedRun = async ({ control: { db } }: Library, state: string, items: readonly SeedItem[]): Promise<number> => {
  const frozen = JSON.stringify([
    { version: '0004', name: 'step 4', file: '0004_step.sql', checksum: 'c4', transactional: true, prefixDigest: 'p4', position: 4 },
  ])
  const { rows } = await sql<{ id: number }>`
    insert into run (kind, state, set_id, to_version, migrations, digest, started_by, started_at, finished_at, revision)
    values ('migrate', ${state}, 1, '0004', ${frozen}::jsonb, 'd', 'ada@example.com', now() - interval '5 seconds',
      case when ${state} in ('failed', 'succeeded', 'cancelled') then now() end, 1) returning id`.execute(db)
  const id = rows[0]?.id ?? 0
  const list = items.map(({ slug, state: itemState, cause = null, message = null }, index) => ({ position: index + 1, slug, state: itemState, cause, message }))
  await sql`
    insert into run_item (run_id, position, target_id, tenant_id, server_id, state, revision, attempts, to_version, finished_at, duration_ms, cause, error)
    select ${id}::bigint, x.position, p.target_id, t.id, d.server_id, x.state, 1, case when x.state = 'pending' then 0 else 1 end, '0004',
      case when x.state in ('succeeded', 'failed', 'skipped') then now() end, 10 * x.position, x.cause,
      case when x.message is not null then jsonb_build_object('code', '23514', 'message', x.message, 'statement', 'alter table a add check (b > 0)') end
    from jsonb_to_recordset(${JSON.stringify(list)}::jsonb) x(position integer, slug text, state text, cause text, message text)
    join tenant t on t.slug = x.slug join placement p on p.tenant_id = t.id join target ta on ta.id = p.target_id join database d on d.id = ta.database_id`.execute(
    db,
  )
  return id
}
