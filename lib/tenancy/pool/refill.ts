/** Fills pools, one schema after the other, in nobody's way: each in its turn at the server, with a pause at least as long behind it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import { buildTenant } from '../provision/build.ts'
import { ServerBusy } from '../registry/server-gate.ts'
import { executables } from '../runs/conduct/adopt.ts'
import { freezeMigrations } from '../runs/freeze.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'
import { parseStatements } from '../sql/statements.ts'
import { asksForName } from './asks-name.ts'
import { extensionSchemas } from './claim.ts'
import { isLacking, isServerBusy, pools } from './due.ts'
import { newPoolName } from './names.ts'
import { inTurn, readPlace, workName, type Connect, type PoolPlace } from './place.ts'
import { scanForName } from './scan.ts'
import { dropSchema, sweepDatabase } from './sweep.ts'

const limits = { lockTimeoutMs: 1_000, statementTimeoutMs: 60_000 }
const leastPauseMs = 100
const retrySeconds = 30

type Lacking = {
  readonly setId: number
  readonly set: string
  readonly head: string
  readonly seed: string
  readonly seedSql: string | null
  /** What a problem that is found now is a problem of. */
  readonly of: string
}

const findLacking = async (db: ControlDb, databaseId: number): Promise<Lacking | null> => {
  const { rows } = await sql<Lacking>`
    with p as (${pools})
    select p.set_id as "setId", s.name as set, p.head, p.seed, s.seed_sql as "seedSql", p.of
    from p join migration_set s on s.id = p.set_id
    where p.database_id = ${databaseId} and ${isLacking} order by p.ready, p.set_id limit 1`.execute(db)
  return rows[0] ?? null
}

/** `problem`: not again for this set as it is. `passes`: again later. */
type Built = { readonly kind: 'ready' } | { readonly kind: 'problem' | 'passes'; readonly problem: string }

const note = async (db: ControlDb, place: PoolPlace, lacking: Lacking, built: Built): Promise<void> => {
  await db.transaction().execute(async (trx) => {
    await trx
      .updateTable('pool')
      .set({
        problem: built.kind === 'ready' ? null : built.problem,
        problem_of: built.kind === 'problem' ? lacking.of : null,
        retry_at: built.kind === 'passes' ? sql<Date>`now() + make_interval(secs => ${retrySeconds})` : null,
      })
      .where('set_id', '=', lacking.setId)
      .where('database_id', '=', place.databaseId)
      .execute()
    await notify(trx, { topic: 'sets' })
  })
}

/** `unfit`: why none can be made of it, for people. */
type Plan = { readonly migrations: Awaited<ReturnType<typeof executables>>; readonly unfit: string | null }

const wordsOf = ({ code, message }: { readonly code: string; readonly message: string }): string =>
  classify(code) === 'connection' ? `The database cannot be reached (${code})` : message

const whyUnfit = async (migrations: Plan['migrations'], seedSql: string | null): Promise<string | null> => {
  const shared = migrations.find(({ isShared }) => isShared)
  if (shared) return `${shared.file} names a table outside of the tenant’s schema, which schemas that no tenant uses must not touch`
  const files = [...migrations, { file: 'seed.sql', statements: seedSql === null ? [] : await parseStatements(seedSql) }]
  for (const { file, statements } of files) {
    const asked = asksForName(statements)
    if (asked)
      return `${file} asks for the name of its schema (${asked.word} on line ${asked.line}) outside of a function: what is made of the answer would stay when a tenant gives the schema its name`
  }
  return null
}

const planOf = async (db: ControlDb, { setId, set, seedSql }: Lacking): Promise<Plan> => {
  const migrations = await executables(db, await freezeMigrations(db, { id: setId, name: set, defaultDatabaseId: null }, undefined))
  return { migrations, unfit: await whyUnfit(migrations, seedSql) }
}

const settle = async (library: Library, connect: Connect, schema: string, extensions: string): Promise<Built> => {
  const { db } = library.control
  const { functions, unfit } = await scanForName(connect, schema)
  if (unfit === null) {
    const kept = await db
      .updateTable('pool_schema')
      .set({ state: 'ready', functions: [...functions], extensions })
      .where('schema_name', '=', schema)
      .where('state', '=', 'building')
      .returning('id')
      .executeTakeFirst()
    if (kept) return { kind: 'ready' }
  }
  // Not what it is to be, or swept away as somebody's who seemed to be gone.
  await dropSchema(library, await connect(), schema)
  await db.deleteFrom('pool_schema').where('schema_name', '=', schema).execute()
  return unfit === null
    ? { kind: 'passes', problem: 'It was taken for what a process left behind that is gone' }
    : { kind: 'problem', problem: `${unfit[0]?.toUpperCase()}${unfit.slice(1)}` }
}

const buildIn = async (library: Library, place: PoolPlace, lacking: Lacking, { migrations }: Plan, connect: Connect): Promise<Built> => {
  const { db } = library.control
  const connection = await connect()
  const schema = newPoolName(place.installation)
  const path = await connection.query<{ name: string }>(
    `SELECT DISTINCT n.nspname AS name FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE n.nspname NOT IN ('pg_catalog', 'public') ORDER BY 1`,
  )
  const [beside] = await connection.query<{ extensions: string }>(`SELECT ${extensionSchemas} AS extensions`)
  await db
    .insertInto('pool_schema')
    .values({
      set_id: lacking.setId,
      database_id: place.databaseId,
      schema_name: schema,
      digest: lacking.head,
      seed: lacking.seed,
      claimed_run: null,
      claimed_position: null,
    })
    .execute()
  const outcome = await buildTenant(
    connection,
    { role: schema, roleExists: false, migrations, seedSql: lacking.seedSql, expected: lacking.head },
    { schema, extensionSchemas: path.map(({ name }) => name), run: null, applicationName: workName(place, schema), limits },
  )
  if (outcome.kind === 'applied') return settle(library, connect, schema, beside?.extensions ?? '')
  if (outcome.kind === 'recorded_before') throw new Error('a new schema held a history')
  const { error } = outcome
  // Nobody knows whether it is there: its row tells the next sweep to see.
  if (outcome.kind === 'unknown') return { kind: 'passes', problem: wordsOf(error) }
  // It may have been committed, and found not to be what it was to be.
  await dropSchema(library, await connect(), schema)
  await db.deleteFrom('pool_schema').where('schema_name', '=', schema).execute()
  if (classify(error.code) !== 'permanent') return { kind: 'passes', problem: wordsOf(error) }
  return { kind: 'problem', problem: `${error.file ?? 'Building it'} failed in an empty schema: ${error.message}` }
}

const buildOne = async (library: Library, place: PoolPlace, lacking: Lacking): Promise<Built> => {
  const plan = await planOf(library.control.db, lacking)
  if (plan.unfit !== null) return { kind: 'problem', problem: plan.unfit }
  // The set was read again in between.
  if (plan.migrations.at(-1)?.prefixDigest !== lacking.head) return { kind: 'passes', problem: 'The set was read again meanwhile' }
  return inTurn(library, place, (connect) => buildIn(library, place, lacking, plan, connect))
}

/** What it was that was tried may pass, whatever it is: nothing here is worth more than another try. */
const fill = async (library: Library, place: PoolPlace, signal: AbortSignal): Promise<void> => {
  const { db } = library.control
  for (;;) {
    const lacking = signal.aborted ? null : await findLacking(db, place.databaseId)
    // A run that has begun meanwhile goes first.
    if (!lacking || (await isServerBusy(db, place.serverId))) return
    const begun = performance.now()
    const built = await buildOne(library, place, lacking)
    await note(db, place, lacking, built)
    if (built.kind !== 'ready') library.logger.warn({ set: lacking.set, database: place.name, ...built }, 'pool.not_filled')
    await sleep(Math.max(leastPauseMs, performance.now() - begun), undefined, { signal }).catch(() => {})
  }
}

/** Sees to all pools of a database: what is not to be there goes, what is lacking is made. */
export const tendPools = async (library: Library, databaseId: number, signal: AbortSignal): Promise<void> => {
  const { db } = library.control
  const place = await readPlace(library, databaseId)
  if (!place) return
  try {
    await sweepDatabase(library, place, signal)
    await fill(library, place, signal)
  } catch (error) {
    const problem = error instanceof ServerBusy ? 'Its server is busy' : wordsOf({ code: codeOf(error), message: error instanceof Error ? error.message : '' })
    await sql`update pool set problem = ${problem}, problem_of = null, retry_at = now() + make_interval(secs => ${retrySeconds}) where database_id = ${databaseId}`.execute(
      db,
    )
    throw error
  }
}
