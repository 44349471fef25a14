/** What must be true after a run, whatever was done to it. */
import { expect } from 'vitest'
import { isFinalRun } from '../../lib/tenancy/contract/index.ts'
import { emptyCounts, schemaOf, type Fleet } from './fleet.ts'

/** Tables of `countedFiles`: each migration writes a row, so that one applied twice shows. */
export const countedFiles: Readonly<Record<string, string>> = {
  '0001_init.sql': `create table customer (id int, email text); create table done (version text); insert into done values ('0001');`,
}

/** A migration that takes this long and leaves a column and a row. */
export const counted = (version: string, seconds = 0): Readonly<Record<string, string>> => ({
  [`${version}_change.sql`]: `alter table customer add column c${version} int;\nselect pg_sleep(${seconds});\ninsert into done values ('${version}');\n`,
})

/** The same in steps of their own, with an index. */
export const countedSteps = (version: string, seconds = 0): Readonly<Record<string, string>> => ({
  [`${version}_steps.sql`]: `-- tenantry: transaction=off\nalter table customer add column c${version} int;\ncreate index concurrently i${version} on customer (c${version});\ninsert into done select '${version}' from pg_sleep(${seconds});\n`,
})

type Truth = {
  readonly schema: string
  readonly recorded: readonly string[]
  readonly unfinished: number
  readonly done: readonly string[]
  readonly columns: readonly string[]
}

const readTruth = async (fleet: Fleet, slugs: readonly string[]): Promise<readonly Truth[]> => {
  const parts = slugs.map((slug) => {
    const s = `"${schemaOf(slug)}"`
    return `select '${schemaOf(slug)}' as schema, (select array_agg(version order by version) from ${s}.tenantry_history where finished_at is not null) as recorded,
      (select count(*)::int from ${s}.tenantry_history where finished_at is null) as unfinished, (select array_agg(version order by version) from ${s}.done) as done`
  })
  const rows: Array<Omit<Truth, 'columns'>> = []
  for (let index = 0; index < parts.length; index += 100)
    rows.push(...(await fleet.sql.unsafe<Array<Omit<Truth, 'columns'>>>(parts.slice(index, index + 100).join(' union all '))))
  const columns = await fleet.sql<Array<{ schema: string; columns: string[] }>>`
    select n.nspname as schema, array_agg(substr(a.attname, 2) order by a.attname) as columns from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where c.relname = 'customer' and a.attname like 'c0%' and not a.attisdropped group by n.nspname`
  const bySchema = new Map(columns.map((row) => [row.schema, row.columns]))
  return rows.map((row) => ({ ...row, columns: bySchema.get(row.schema) ?? [] }))
}

/** Each target holds these versions, once each, in history and in structure; the run has ended well and nothing of it is left. */
export const expectWhole = async (fleet: Fleet, run: number, slugs: readonly string[], versions: readonly string[]): Promise<void> => {
  const detail = await fleet.verified(run)
  expect(detail).toMatchObject({
    state: 'succeeded',
    counts: { ...emptyCounts, total: slugs.length, succeeded: slugs.length },
    verified: { targets: slugs.length, mismatches: 0 },
  })
  const truths = await readTruth(fleet, slugs)
  expect(truths).toHaveLength(slugs.length)
  for (const { schema, ...truth } of truths) expect(truth, schema).toEqual({ recorded: versions, unfinished: 0, done: versions, columns: versions.slice(1) })
  const invalid = await fleet.sql`select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid where not i.indisvalid`
  expect(invalid).toEqual([])
  expect(await fleet.strayArrows()).toEqual([])
  const untold = await fleet.control`
    select i.position from run_item i where i.run_id = ${run} and not exists (select from attempt a where a.run_id = i.run_id and a.position = i.position and a.state = 'succeeded')`
  expect(untold, 'items without the attempt that succeeded').toEqual([])
}

/** Nobody of a conductor is connected to the tenants' databases any more. */
export const expectNobodyLeft = async (fleet: Fleet): Promise<void> => {
  await fleet.until(
    'the last backend to go',
    async () => (await fleet.sql`select 1 from pg_stat_activity where application_name like 'tenantry:%:c%' and datname = current_database()`).length === 0,
  )
}

/** Bound on how long a run may take to go on by itself once a fault is over. */
export const goesOnWithinMs = 30_000

/** @returns how long it took the run to go on, or to end, counted from now: the fault's end */
export const expectGoesOn = async (fleet: Fleet, run: number): Promise<number> => {
  const began = Date.now()
  const before = await fleet.settledOf(run)
  await fleet.until(
    'the run to go on after the fault',
    async () => (await fleet.settledOf(run)) > before || isFinalRun(await fleet.stateOf(run)),
    goesOnWithinMs,
  )
  return Date.now() - began
}

/**
 * Nothing that Tenantry did is left anywhere: no connection, lock, job or open item, and no schema or role that no tenant owns.
 * @param prefix of the slugs of this fleet, which no other has on this server
 */
export const expectNothingLeft = async (fleet: Fleet, prefix: string): Promise<void> => {
  // A look that begins now, at a run that has just ended, leaves nothing behind either.
  await fleet.until('the last job to end', async () => {
    const jobs = await fleet.control`
      select name, state from pgboss.job where name in ('conduct', 'observe', 'observe-all', 'look', 'verify', 'pool') and state in ('created', 'retry', 'active')`
    const conductors = await fleet.control`select worker from conductor where worker is not null`
    return jobs.length + conductors.length === 0
  })
  await expectNobodyLeft(fleet)
  const owned = await fleet.control<Array<{ schema: string; role: string }>>`
    select t.schema_name as schema, p.role_name as role from target t join placement p on p.target_id = t.id order by 1`
  const mine = `${schemaOf(prefix)}%`
  const schemas = await fleet.sql<Array<{ name: string }>>`select nspname as name from pg_namespace where nspname like ${mine} order by nspname collate "C"`
  const roles = await fleet.sql<Array<{ name: string }>>`select rolname as name from pg_roles where rolname like ${mine} order by rolname collate "C"`
  expect(schemas.map(({ name }) => name)).toEqual(owned.map(({ schema }) => schema).toSorted())
  expect(roles.map(({ name }) => name)).toEqual(owned.map(({ role }) => role).toSorted())
  const locks = await fleet.sql`
    select l.locktype, l.pid from pg_locks l where l.locktype in ('advisory', 'transactionid', 'relation', 'object')
      and l.database = (select oid from pg_database where datname = current_database()) and l.pid <> pg_backend_pid()
      and exists (select from pg_stat_activity a where a.pid = l.pid and a.backend_type = 'client backend')`
  expect(locks, 'locks').toEqual([])
  const prepared = await fleet.sql`select gid from pg_prepared_xacts where database = current_database()`
  expect(prepared).toEqual([])
  const open = await fleet.control`select run_id, position, state from run_item where state in ('pending', 'running', 'interrupted')`
  expect(open, 'open items').toEqual([])
}
