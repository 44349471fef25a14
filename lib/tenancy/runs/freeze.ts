import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { ControlDb } from '../control/db.ts'
import type { RunKind } from '../contract/states.ts'
import type { FrozenMigration, FrozenRepair } from '../control/schema.ts'
import { TenancyError } from '../errors.ts'

export type SetRow = { readonly id: number; readonly name: string; readonly defaultDatabaseId: number | null }

const setNamed = (db: ControlDb, name: string) => db.selectFrom('migration_set').select(['id', 'name', 'default_database_id']).where('name', '=', name)

const required = (row: { id: number; name: string; default_database_id: number | null } | undefined, name: string): SetRow => {
  if (!row) throw new TenancyError('set.unknown', { set: name })
  return { id: row.id, name: row.name, defaultDatabaseId: row.default_database_id }
}

/** @throws set.unknown */
export const findSet = async (db: ControlDb, name: string): Promise<SetRow> => required(await setNamed(db, name).executeTakeFirst(), name)

/** What is read of it afterwards stays as it is until the transaction ends. @throws set.unknown */
export const holdSet = async (trx: ControlDb, name: string): Promise<SetRow> => required(await setNamed(trx, name).forKeyShare().executeTakeFirst(), name)

/** @throws set.empty, version.unknown */
export const cutMigrations = (rows: readonly FrozenMigration[], set: SetRow, to: string | undefined): FrozenMigration[] => {
  if (rows.length === 0) throw new TenancyError('set.empty', { set: set.name })
  const end = to === undefined ? rows.length : rows.findIndex(({ version }) => version === to) + 1
  if (end === 0) throw new TenancyError('version.unknown', { set: set.name, version: to })
  return rows.slice(0, end)
}

/**
 * The set's migrations up to a version, as a run carries them from its plan to its end.
 * @throws set.empty, version.unknown
 */
export const freezeMigrations = async (db: ControlDb, set: SetRow, to: string | undefined): Promise<FrozenMigration[]> => {
  const rows = await db
    .selectFrom('migration')
    .select(['version', 'position', 'name', 'file', 'checksum', 'transactional', 'prefix_digest'])
    .where('set_id', '=', set.id)
    .orderBy('position')
    .execute()
  return cutMigrations(
    rows.map(({ prefix_digest: prefixDigest, ...row }) => ({ ...row, prefixDigest })),
    set,
    to,
  )
}

/** Names exactly what a run will do: which contents, in which order, to which targets. */
export const planDigest = (set: string, migrations: readonly FrozenMigration[], targetIds: readonly number[]): string =>
  createHash('sha256')
    .update(JSON.stringify([set, migrations.map(({ version, checksum }) => [version, checksum]), targetIds]))
    .digest('hex')
    .slice(0, 32)

/**
 * Holds the set still until the transaction ends, and looks whether it begins with what was frozen.
 * @throws run.plan_changed when one of the files was changed, removed, or got another before it
 */
const requireUnchanged = async (trx: ControlDb, setId: number, frozen: readonly FrozenMigration[]): Promise<void> => {
  await trx.selectFrom('migration_set').select('id').where('id', '=', setId).forKeyShare().execute()
  const rows = await trx.selectFrom('migration').select(['version', 'checksum']).where('set_id', '=', setId).orderBy('position').limit(frozen.length).execute()
  const changed = frozen.find(({ version, checksum }, index) => rows[index]?.version !== version || rows[index].checksum !== checksum)
  if (changed)
    throw new TenancyError('run.plan_changed', { problem: `migration ${changed.version} of the set is not the same any more, or has another one before it` })
}

export type NewItem = {
  readonly targetId: number
  readonly tenantId: number
  readonly serverId: number
  readonly fromVersion: string | null
  readonly options?: object
}

export type NewRun = {
  readonly kind: RunKind
  readonly setId: number
  readonly migrations: readonly FrozenMigration[]
  /** Of a run that repairs a shape. */
  readonly repair?: FrozenRepair | null
  readonly digest: string
  readonly parentRun: number | null
  readonly note: string
  readonly startedBy: string
  readonly maxConcurrent: number | null
  readonly failureTolerance: string | null
  readonly items: readonly NewItem[]
  /** The caller carries all items itself and at once; conductors leave the run alone for so long. */
  readonly heldSeconds?: number
  /** The set was held before its migrations were read. */
  readonly isSetHeld?: true
}

/** "10%" of 184 targets allows 18 to fail; absent: no limit. */
export const failuresAllowed = (tolerance: string | null, items: number): number | null => {
  if (tolerance === null) return null
  const number = Number.parseInt(tolerance, 10)
  return tolerance.endsWith('%') ? Math.floor((items * number) / 100) : number
}

/**
 * Inserts the run with its items; the unique index on open items refuses a target that another run holds.
 * @throws run.plan_changed when the set is not the one that was frozen any more
 */
export const insertRun = async (trx: ControlDb, run: NewRun): Promise<number> => {
  if (run.isSetHeld !== true) await requireUnchanged(trx, run.setId, run.migrations)
  const inserted = trx
    .insertInto('run')
    .values({
      kind: run.kind,
      set_id: run.setId,
      to_version: run.migrations.at(-1)?.version ?? null,
      migrations: JSON.stringify(run.migrations),
      ...(run.repair ? { repair: JSON.stringify(run.repair), norm_id: run.repair.normId } : {}),
      digest: run.digest,
      parent_run_id: run.parentRun,
      note: run.note,
      started_by: run.startedBy,
      max_concurrent: run.maxConcurrent,
      failure_tolerance: run.failureTolerance,
      failures_allowed: failuresAllowed(run.failureTolerance, run.items.length),
      ...(run.heldSeconds === undefined
        ? {}
        : { state: 'running' as const, started_at: sql<Date>`now()`, held_until: sql<Date>`clock_timestamp() + make_interval(secs => ${run.heldSeconds})` }),
    })
    .returning('id')
  const items = run.items.map(({ targetId, tenantId, serverId, fromVersion, options }, index) => ({
    position: index + 1,
    target_id: targetId,
    tenant_id: tenantId,
    server_id: serverId,
    from_version: fromVersion,
    options: options ?? null,
  }))
  const { rows } = await sql<{ id: number }>`
    with r as (${inserted}), i as (
    insert into run_item (run_id, position, target_id, tenant_id, server_id, from_version, to_version, options, state, started_at, reads)
    select r.id, x.position, x.target_id, x.tenant_id, x.server_id, x.from_version, ${run.migrations.at(-1)?.version ?? null}::text, nullif(x.options, 'null'::jsonb),
      ${run.heldSeconds === undefined ? 'pending' : 'running'}, ${run.heldSeconds === undefined ? sql`null` : sql`now()`}, ${run.kind === 'report'}
    from r cross join json_to_recordset(${JSON.stringify(items)}::json)
      as x(position integer, target_id bigint, tenant_id bigint, server_id bigint, from_version text, options jsonb))
    select id from r`.execute(trx)
  const [row] = rows
  if (!row) throw new Error('the run was not inserted')
  return row.id
}
