/** One try of one item: from what its history says to what became of it. Outcomes are data; nothing is thrown for a tenant's failure. */
import type { ReportLack } from '../../contract/reports.ts'
import type { AttemptError } from '../../contract/views.ts'
import { ownError } from '../../migrations/attempt-error.ts'
import { applyMigration, type ApplyOutcome, type Scene } from '../../migrations/apply.ts'
import { applySteps } from '../../migrations/apply-steps.ts'
import { emptyDigest } from '../../migrations/digest.ts'
import { readHistory, readTarget, type HistorySummary, type TargetSummary } from '../../migrations/history.ts'
import { explainOffTrack, positionOnTrack, stepFrom } from '../../migrations/track.ts'
import { claimSchema, type ClaimOutcome, type Given } from '../../pool/claim.ts'
import { dropReady } from '../../pool/place.ts'
import { adoptSchema, buildTenant, type BuildPlan } from '../../provision/build.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { classify, codeOf } from '../../sql/sqlstate.ts'
import { askItem } from './ask-item.ts'
import { failed } from './failed-item.ts'
import type { Desk } from './desk.ts'
import { repairItem } from './repair-item.ts'
import type { Work } from './work.ts'

export type ItemOutcome =
  | {
      readonly kind: 'succeeded' | 'skipped'
      readonly versions: readonly string[]
      readonly seen: HistorySummary | null
      /** Another try of the run had committed it, or some of it: how long this one took says nothing of the work. */
      readonly resumed?: true
      /** A ready schema became the tenant's. */
      readonly claimed?: true
      readonly unfit?: string
      /** What the item brought is on its way to the control database: it has succeeded when this resolves. */
      readonly kept?: Promise<void>
      /** Of a report: what NULL stood for. */
      readonly filled?: readonly ReportLack[]
    }
  /** `again`: the error is one that passes, or the history must be read before anything is said. */
  | {
      readonly kind: 'failed'
      readonly again: boolean
      readonly interrupted: boolean
      readonly versions: readonly string[]
      readonly error: AttemptError
      readonly seen: HistorySummary | null
      /** What PostgreSQL said of the ready schema that the item was given, and that could not be claimed. */
      readonly unfit?: string
    }
  /** Only looked at: nothing to say. */
  | { readonly kind: 'untouched' }

type Said = Exclude<ItemOutcome, { readonly kind: 'untouched' }>

/** `serverVersion`: server_version_num. */
export type Bench = { readonly connection: FleetConnection; readonly scene: Scene; readonly serverVersion: number; readonly desk: Desk }

const lookAgain = ({ connection, scene }: Bench): Promise<TargetSummary> => readTarget(connection, scene.schema)

/**
 * What the control plane remembers of the target: its history may stay unread, since the flight that applies the next migration compares it before anything runs.
 * Undefined where that is not known, or where an earlier try may have committed.
 */
export const remembered = ({ run, fromVersion, attempts, tries, lookOnly }: Work): TargetSummary | undefined => {
  if (run.kind !== 'migrate' || run.isDoubted || lookOnly || attempts > 0 || tries > 0) return undefined
  const index = run.migrations.findIndex(({ version }) => version === fromVersion)
  const last = run.migrations[index]
  if (!last || run.migrations[index + 1]?.transactional !== true) return undefined
  return { history: { applied: index + 1, version: last.version, digest: last.prefixDigest, lastRun: null, unfinished: null } }
}

/** Read together with others' where that went well; else alone, so that whoever is in the way of one is in nobody else's. */
const summaryOf = async (bench: Bench, work: Work): Promise<TargetSummary> => {
  const readAhead = await work.summary?.catch(() => undefined)
  return readAhead === undefined ? lookAgain(bench) : readAhead
}

/** Versions that this run itself has recorded, for an item whose end nobody was told of. */
const appliedByRun = async ({ connection, scene }: Bench, run: number): Promise<string[]> =>
  (await readHistory(connection, scene.schema)).filter((row) => row.run === run).map(({ version }) => version)

const noSchema = (schema: string): AttemptError =>
  ownError('schema_missing', `There is no schema “${schema}” in the database.`, undefined, 'Restore it, or take the tenant out of the fleet.')
const nothingToAdopt = (schema: string): AttemptError =>
  ownError(
    'schema_missing',
    `There is no schema “${schema}” in the database.`,
    undefined,
    'Discard the tenant; then onboard it with the name of the schema that it has, or without one to adopt.',
  )
const noHistory = (schema: string): AttemptError =>
  ownError(
    'no_history',
    `Schema “${schema}” holds no tenantry_history, so its version is not known.`,
    undefined,
    'Adopt it: onboard the tenant with the version that it is at (baseline).',
  )

const offTrack = async (bench: Bench, work: Work): Promise<ItemOutcome> => {
  const history = (await readHistory(bench.connection, bench.scene.schema)).filter(({ finishedAt }) => finishedAt !== null)
  const { state, remark } = explainOffTrack(work.run.migrations, history)
  if (state === 'ahead') return { kind: 'skipped', versions: [], seen: null }
  return failed(
    ownError('diverged', `The history of “${bench.scene.schema}” is not the set’s: ${remark}.`, undefined, 'Look at the tenant’s history; nothing was run.'),
  )
}

const applyOne = ({ connection, scene }: Bench, work: Work, position: number): Promise<ApplyOutcome> => {
  const migration = work.run.migrations[position]
  if (!migration) throw new Error(`run ${work.run.id} has no migration at ${position}`)
  const step = stepFrom(work.run.migrations, position)
  return migration.transactional ? applyMigration(connection, migration, step, scene) : applySteps(connection, migration, step, scene)
}

const migrate = async (bench: Bench, work: Work, first: TargetSummary): Promise<ItemOutcome> => {
  const { schema } = bench.scene
  const track = work.run.migrations
  const versions: string[] = []
  let isResumed = false
  let summary = first
  // Somebody else may apply versions at the same time; then the history is read again, at most once a version.
  for (let round = 0; round <= track.length * 2; round += 1) {
    if (summary === null) return failed(noSchema(schema), versions)
    if (summary.history === null) return failed(noHistory(schema), versions)
    const position = positionOnTrack(track, summary.history.digest)
    if (position === null) return offTrack(bench, work)
    isResumed ||= versions.length === 0 && summary.history.lastRun === work.run.id
    if (position >= track.length) {
      if (versions.length === 0 && !isResumed) return { kind: 'skipped', versions, seen: summary.history }
      const applied = versions.length > 0 ? versions : await appliedByRun(bench, work.run.id)
      return { kind: 'succeeded', versions: applied, seen: summary.history, ...(isResumed ? { resumed: true } : {}) }
    }
    const outcome = await applyOne(bench, work, position)
    if (outcome.kind === 'failed') return failed(outcome.error, versions, versions.length > 0 ? summary.history : null)
    if (outcome.kind === 'unknown') return { ...unknown(outcome.error), versions }
    if (outcome.kind === 'applied') {
      versions.push(track[position]?.version ?? '')
      summary = { history: outcome.summary }
    } else {
      work.run.isDoubted = true
      summary = await lookAgain(bench)
    }
  }
  return failed(ownError('history_conflict', `The history of “${schema}” changed all the while.`), versions)
}

/** The next try reads the history first, on a connection of its own: that settles it. */
const unknown = (error: AttemptError) => ({ kind: 'failed' as const, again: true, interrupted: true, error, seen: null })

type Made = Exclude<ClaimOutcome, { readonly kind: 'unfit' }> | ApplyOutcome
type HowMade = { readonly made: Made; readonly claimed: boolean; readonly unfit?: string }

/** A ready schema that the item was given; where that is not what it was taken for, a new one. */
const claimOrBuild = async ({ connection, scene }: Bench, { pool }: Work, plan: BuildPlan): Promise<HowMade> => {
  const taken = pool === null ? null : await claimSchema(connection, pool, plan, scene)
  if (taken !== null && taken.kind !== 'unfit') return { made: taken, claimed: true }
  const made = await buildTenant(connection, plan, scene)
  return taken === null ? { made, claimed: false } : { made, claimed: false, unfit: taken.code }
}

/** The process that started the run may have claimed the schema at the same instant. */
const madeMeanwhile = async (bench: Bench, { pool, run }: Work, plan: BuildPlan, error: AttemptError): Promise<HistorySummary | null> => {
  if (pool === null || !['schema_exists', 'role_exists'].includes(error.code)) return null
  const history = (await lookAgain(bench))?.history ?? null
  return history?.digest === plan.expected && history.lastRun === run.id ? history : null
}

const onboard = async (bench: Bench, work: Work, summary: TargetSummary): Promise<ItemOutcome> => {
  const { options, run } = work
  if (!options) return failed(ownError('internal', 'The item holds no options.'))
  const { baseline } = options
  const until = baseline === null ? run.migrations.length : run.migrations.findIndex(({ version }) => version === baseline) + 1
  const migrations = run.migrations.slice(0, until)
  const plan: BuildPlan = {
    role: options.role,
    roleExists: options.reservedRole,
    migrations,
    seedSql: baseline === null ? run.seedSql : null,
    expected: migrations.at(-1)?.prefixDigest ?? emptyDigest,
  }
  // An earlier try committed, and nobody was told.
  if (summary?.history?.digest === plan.expected && work.ownRuns.includes(summary.history.lastRun ?? -1))
    return { kind: 'succeeded', versions: migrations.map(({ version }) => version), seen: summary.history, resumed: true }
  if (baseline !== null && summary === null) return failed(nothingToAdopt(bench.scene.schema))
  if (baseline !== null && summary?.history && summary.history.digest !== plan.expected)
    return failed(
      ownError(
        'history_mismatch',
        `Schema “${bench.scene.schema}” holds a history of its own, and that is not at ${baseline}.`,
        undefined,
        'Look at its tenantry_history, and name the version that it is at.',
      ),
    )
  const how: HowMade =
    baseline === null
      ? await claimOrBuild(bench, work, plan)
      : { made: await adoptSchema(bench.connection, plan, (summary?.history ?? null) !== null, bench.scene), claimed: false }
  const outcome = await outcomeOf(bench, work, plan, how)
  return how.unfit === undefined ? outcome : { ...outcome, unfit: how.unfit }
}

const outcomeOf = async (bench: Bench, work: Work, plan: BuildPlan, { made, claimed }: HowMade): Promise<Said> => {
  const versions = plan.migrations.map(({ version }) => version)
  if (made.kind === 'applied') return { kind: 'succeeded', versions, seen: made.summary, ...(claimed ? { claimed } : {}) }
  if (made.kind === 'unknown') return { ...unknown(made.error), versions: [] }
  if (made.kind === 'recorded_before') return failed(ownError('history_conflict', 'Somebody else writes this tenant’s history.'))
  const seen = await madeMeanwhile(bench, work, plan, made.error)
  return seen ? { kind: 'succeeded', versions, seen, resumed: true } : failed(made.error)
}

const settleTries = 5

/** Whoever is about to claim the ready schema that the item was given either has done it afterwards, or never will. */
const settleClaim = async ({ connection }: Bench, { schema }: Given): Promise<void> => {
  for (let left = settleTries; ; left -= 1) {
    try {
      await dropReady(connection, schema)
      return
    } catch (error) {
      if (left === 1 || classify(codeOf(error)) !== 'transient') throw error
    }
  }
}

const look = async (bench: Bench, work: Work, summary: TargetSummary): Promise<ItemOutcome> => {
  const goal = work.run.migrations.at(-1)?.prefixDigest
  const isDone = (seen: TargetSummary): boolean => seen?.history?.digest === goal && seen?.history?.lastRun === work.run.id
  let seen = summary
  if (work.pool !== null && !isDone(seen)) {
    await settleClaim(bench, work.pool)
    seen = await lookAgain(bench)
  }
  if (!isDone(seen)) return { kind: 'untouched' }
  return { kind: 'succeeded', versions: await appliedByRun(bench, work.run.id), seen: seen?.history ?? null, resumed: true }
}

/** @throws only what makes the whole conductor stop */
export const executeItem = async (bench: Bench, work: Work): Promise<ItemOutcome> => {
  if (work.run.question) return askItem(bench, work, work.run.question)
  await bench.desk.unsettle(bench.connection)
  if (work.run.repair) return repairItem(bench, work, work.run.repair)
  const summary = remembered(work) ?? (await summaryOf(bench, work))
  if (work.lookOnly) return look(bench, work, summary)
  return work.run.kind === 'onboard' ? onboard(bench, work, summary) : migrate(bench, work, summary)
}
