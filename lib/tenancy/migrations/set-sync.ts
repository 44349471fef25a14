/** Reads a directory into the control plane: the set's migrations as they will be applied. */
import { sql } from 'kysely'
import type { Actor } from '../contract/permissions.ts'
import type { SyncResult } from '../contract/views.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import { TenancyError } from '../errors.ts'
import { byVersion, prefixDigests } from './digest.ts'
import { loadSet } from './load-set.ts'
import { restateObservations } from './restate.ts'
import type { LoadedMigration, LoadedSet } from './types.ts'

type SyncInput = { readonly name: string; readonly dir?: string; readonly database?: string }
type SetName = { readonly id: number; readonly name: string }
type Stored = { version: string; position: number; checksum: string; file: string }

/** Reads and lints without storing anything. @throws set.directory */
export const lintSet = async (dir: string): Promise<LoadedSet> => loadSet(dir)

const refuseErrors = (set: string, loaded: LoadedSet): void => {
  const errors = loaded.findings.filter(({ level }) => level === 'error')
  if (errors.length === 0) return
  throw new TenancyError('set.invalid', { set, count: errors.length, findings: errors.slice(0, 100) })
}

/** Targets whose history is known to reach at least this position of the stored set. */
const appliedAt = async (trx: ControlDb, setId: number, position: number): Promise<number> => {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count
    from target t
    join observation o on o.target_id = t.id
    left join migration m on m.set_id = t.set_id and m.prefix_digest = o.digest
    where t.set_id = ${setId} and coalesce(m.position, o.applied) >= ${position}`.execute(trx)
  return rows[0]?.count ?? 0
}

type Held = { version: string; checksum: string; run: number; state: string }

/** What open runs have frozen: they apply it as it is, whatever becomes of the files. */
const heldByRuns = async (trx: ControlDb, setId: number): Promise<Map<string, Held>> => {
  const { rows } = await sql<Held>`
    select m.version, m.checksum, r.id as run, r.state
    from run r cross join jsonb_to_recordset(r.migrations) as m(version text, checksum text)
    where r.set_id = ${setId} and r.state not in ('succeeded', 'failed', 'cancelled') order by r.id`.execute(trx)
  return new Map(rows.map((row) => [row.version, row]))
}

const byTargets = (count: number) => ({ count, reason: `${count} target(s) have applied it` })
const byRun = ({ run, state }: Held) => ({ run, reason: `run ${run} (${state}) is to apply it` })

/** What was applied anywhere, or will be by an open run, is settled: its file may neither change nor go. */
const refuseRewrites = async (trx: ControlDb, set: SetName, stored: readonly Stored[], held: ReadonlyMap<string, Held>, loaded: LoadedSet): Promise<void> => {
  const now = new Map(loaded.migrations.map((migration) => [migration.version, migration]))
  for (const { version, position, checksum, file } of stored) {
    const migration = now.get(version)
    if (migration?.checksum === checksum) continue
    const count = await appliedAt(trx, set.id, position)
    const holder = held.get(version)
    const why = count > 0 ? byTargets(count) : holder && holder.checksum !== migration?.checksum ? byRun(holder) : null
    if (why) throw new TenancyError(migration ? 'set.edited' : 'set.missing_file', { set: set.name, version, file, ...why })
  }
}

/** How far the furthest target is that is where the stored set has a place for it; one that is ahead has all of the set. */
const furthestApplied = async (trx: ControlDb, setId: number, stored: readonly Stored[]): Promise<Stored | undefined> => {
  const { rows } = await sql<{ position: number | null }>`
    select max(case when o.version_state = 'ahead' then ${stored.length}::integer else m.position end) as position
    from target t
    join observation o on o.target_id = t.id
    left join migration m on m.set_id = t.set_id and m.prefix_digest = o.digest
    where t.set_id = ${setId}`.execute(trx)
  return stored[(rows[0]?.position ?? 0) - 1]
}

/** Below what was applied, or will be by an open run, nothing can be added: no history could hold it in its place. */
const refuseInsertions = async (trx: ControlDb, set: SetName, stored: readonly Stored[], held: ReadonlyMap<string, Held>, loaded: LoadedSet): Promise<void> => {
  const known = new Set(stored.map(({ version }) => version))
  const added = loaded.migrations.find(({ version }) => !known.has(version))
  if (!added) return
  const refusal = (applied: string, why: object) =>
    new TenancyError('set.inserted_below', { set: set.name, version: added.version, file: added.file, applied, ...why })
  const applied = await furthestApplied(trx, set.id, stored)
  if (applied && byVersion(added, applied) < 0) throw refusal(applied.version, byTargets(await appliedAt(trx, set.id, applied.position)))
  const last = [...held.values()].toSorted(byVersion).at(-1)
  if (last && byVersion(added, last) < 0) throw refusal(last.version, byRun(last))
}

const store = async (trx: ControlDb, setId: number, loaded: LoadedSet): Promise<void> => {
  const digests = prefixDigests(loaded.migrations)
  await trx.deleteFrom('migration').where('set_id', '=', setId).execute()
  const contents = new Map(loaded.migrations.map(({ checksum, sql: text }) => [checksum, text]))
  await trx
    .insertInto('migration_content')
    .values([...contents].map(([checksum, text]) => ({ checksum, sql: text })))
    .onConflict((conflict) => conflict.column('checksum').doNothing())
    .execute()
  await trx
    .insertInto('migration')
    .values(
      loaded.migrations.map((migration: LoadedMigration, index) => ({
        set_id: setId,
        version: migration.version,
        position: index + 1,
        name: migration.name,
        file: migration.file,
        checksum: migration.checksum,
        prefix_digest: digests[index] ?? '',
        transactional: migration.transactional,
        down_sql: migration.downSql,
        findings: JSON.stringify(loaded.findings.filter(({ file }) => file === migration.file)),
      })),
    )
    .execute()
}

const findOrMakeSet = async (trx: ControlDb, name: string, directory: string) => {
  await trx
    .insertInto('migration_set')
    .values({ name, directory, default_database_id: null, seed_sql: null })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  return trx.selectFrom('migration_set').selectAll().where('name', '=', name).forUpdate().executeTakeFirstOrThrow()
}

const databaseId = async (trx: ControlDb, name: string): Promise<number> => {
  const row = await trx.selectFrom('database').select('id').where('name', '=', name).executeTakeFirst()
  if (!row) throw new TenancyError('database.unknown', { database: name })
  return row.id
}

/** The directory given, or the one that the set was read from last. */
const directoryOf = async ({ control }: Library, input: SyncInput): Promise<string> => {
  if (input.dir !== undefined) return input.dir
  const row = await control.db.selectFrom('migration_set').select('directory').where('name', '=', input.name).executeTakeFirst()
  if (!row) throw new TenancyError('set.unknown', { set: input.name })
  if (row.directory === null) throw new TenancyError('set.directory', { dir: '', problem: 'the set has none; name one' })
  return row.directory
}

/**
 * @throws set.directory, set.invalid (with findings by file and line), set.edited, set.missing_file, set.inserted_below, database.unknown; nothing is stored then
 */
export const syncSet = async (library: Library, actor: Actor, input: SyncInput): Promise<SyncResult> => {
  const loaded = await loadSet(await directoryOf(library, input))
  refuseErrors(input.name, loaded)
  return library.control.db.transaction().execute(async (trx) => {
    const set = await findOrMakeSet(trx, input.name, loaded.directory)
    const stored = await trx
      .selectFrom('migration')
      .select(['version', 'position', 'checksum', 'file'])
      .where('set_id', '=', set.id)
      .orderBy('position')
      .execute()
    const held = await heldByRuns(trx, set.id)
    await refuseRewrites(trx, set, stored, held, loaded)
    await refuseInsertions(trx, set, stored, held, loaded)
    await store(trx, set.id, loaded)
    const defaultDatabase = input.database === undefined ? set.default_database_id : await databaseId(trx, input.database)
    await trx
      .updateTable('migration_set')
      .set({ directory: loaded.directory, seed_sql: loaded.seedSql, default_database_id: defaultDatabase, synced_at: library.clock() })
      .where('id', '=', set.id)
      .execute()
    await restateObservations(trx, set.id)
    const before = new Map(stored.map(({ version, checksum }) => [version, checksum]))
    const after = new Map(loaded.migrations.map(({ version, checksum }) => [version, checksum]))
    const result: SyncResult = {
      set: input.name,
      head: loaded.migrations.at(-1)?.version ?? null,
      added: [...after.keys()].filter((version) => !before.has(version)),
      changed: [...after].filter(([version, checksum]) => before.has(version) && before.get(version) !== checksum).map(([version]) => version),
      removed: [...before.keys()].filter((version) => !after.has(version)),
      unchanged: [...after].filter(([version, checksum]) => before.get(version) === checksum).length,
      findings: loaded.findings,
    }
    await appendAudit(trx, {
      actor,
      action: 'sets.sync',
      subjectKind: 'set',
      subject: input.name,
      details: { directory: loaded.directory, head: result.head, added: result.added, changed: result.changed, removed: result.removed },
    })
    await notify(trx, { topic: 'sets' })
    return result
  })
}
