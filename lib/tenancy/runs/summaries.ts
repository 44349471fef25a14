import { sql, type RawBuilder } from 'kysely'
import type { RunListInput } from '../contract/commands.ts'
import { finalRunStates, isFinalRun, type ItemState, type RunState } from '../contract/states.ts'
import type { ItemCounts, RunSummary } from '../contract/views.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'

type Db = Pick<Library, 'control'>

type SummaryRow = Omit<RunSummary, 'counts' | 'createdAt' | 'startedAt' | 'finishedAt'> & {
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
}

export const emptyCounts = (): Record<ItemState, number> & { total: number } => ({
  pending: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  skipped: 0,
  interrupted: 0,
  cancelled: 0,
  total: 0,
})

/** Items of finished runs never change: each is counted once a process. */
const finishedCounts = new WeakMap<ControlDb, Map<number, ItemCounts>>()
const mostKept = 2_000

const keptCounts = (db: ControlDb): Map<number, ItemCounts> => {
  const kept = finishedCounts.get(db) ?? new Map<number, ItemCounts>()
  finishedCounts.set(db, kept)
  if (kept.size > mostKept) kept.clear()
  return kept
}

/** Items by state of several runs in one query. */
const countItems = async (db: ControlDb, runs: readonly number[]): Promise<Map<number, ItemCounts>> => {
  const counts = new Map(runs.map((run) => [run, emptyCounts()]))
  if (runs.length === 0) return counts
  const { rows } = await sql<{ run: number; state: ItemState; count: number }>`
    select run_id as run, state, count(*)::int as count from run_item where run_id = any(${[...runs]}::bigint[]) group by run_id, state`.execute(db)
  for (const { run, state, count } of rows) {
    const of = counts.get(run)
    if (!of) continue
    of[state] = count
    of.total += count
  }
  return counts
}

/** Of finished runs as they were counted before. */
export const countsOf = async (db: ControlDb, runs: ReadonlyArray<{ readonly id: number; readonly state: RunState }>): Promise<Map<number, ItemCounts>> => {
  const kept = keptCounts(db)
  const counted = await countItems(
    db,
    runs.filter(({ id }) => !kept.has(id)).map(({ id }) => id),
  )
  for (const { id, state } of runs) {
    const counts = counted.get(id)
    if (counts && isFinalRun(state)) kept.set(id, counts)
  }
  return new Map(runs.map(({ id }) => [id, kept.get(id) ?? counted.get(id) ?? emptyCounts()]))
}

const summaryColumns = sql`
  r.id, r.kind, r.state, s.name as set, r.to_version as "toVersion", r.note, r.started_by as "startedBy", r.parent_run_id as "parentRun",
  r.created_at as "createdAt", r.started_at as "startedAt", r.finished_at as "finishedAt", r.stop_reason as "stopReason"`

export const summariesWhere = async (db: ControlDb, condition: RawBuilder<unknown>, limit: number): Promise<readonly RunSummary[]> => {
  const { rows } = await sql<SummaryRow>`
    select ${summaryColumns} from run r join migration_set s on s.id = r.set_id where ${condition} order by r.id desc limit ${limit}`.execute(db)
  const counts = await countsOf(db, rows)
  return rows.map((row) => ({
    ...row,
    counts: counts.get(row.id) ?? emptyCounts(),
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  }))
}

/** Newest first; `next` is the `before` of the following page. */
export const listRuns = async ({ control }: Db, input: RunListInput): Promise<{ readonly rows: readonly RunSummary[]; readonly next: number | null }> => {
  const conditions = [sql`true`]
  if (input.state && input.state.length > 0) conditions.push(sql`r.state = any(${[...input.state]}::text[])`)
  if (input.set !== undefined) conditions.push(sql`s.name = ${input.set}`)
  if (input.before !== undefined) conditions.push(sql`r.id < ${input.before}`)
  // One more than asked for tells whether there is a following page.
  const found = await summariesWhere(control.db, sql.join(conditions, sql` and `), input.limit + 1)
  const rows = found.slice(0, input.limit)
  return { rows, next: found.length > rows.length ? (rows.at(-1)?.id ?? null) : null }
}

/** Open runs, newest first. */
export const openRuns = (db: ControlDb): Promise<readonly RunSummary[]> => summariesWhere(db, sql`r.state <> all(${[...finalRunStates]}::text[])`, 50)

/** The newest finished runs. */
export const recentRuns = (db: ControlDb, limit: number): Promise<readonly RunSummary[]> =>
  summariesWhere(db, sql`r.state = any(${[...finalRunStates]}::text[])`, limit)

export const countsFrom = (letters: Iterable<ItemState>): ItemCounts => {
  const counts = emptyCounts()
  for (const state of letters) {
    counts[state] += 1
    counts.total += 1
  }
  return counts
}
