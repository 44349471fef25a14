/** The only door to the library besides `contract/`: one object with everything that edges may call. */
import { join } from 'node:path'
import type { Tenancy } from './contract/tenancy.ts'
import { silentLogger, silentMeters, type Library, type Logger, type Meters } from './context.ts'
import { createAudit } from './control/audit-trail.ts'
import { openControl, type Control } from './control/db.ts'
import { createEars } from './control/notify.ts'
import { checkSecret, claimSecret } from './control/secret-check.ts'
import { controlUnreachableAt } from './control/unreachable.ts'
import { controlDrift } from './drift/control-drift.ts'
import { setNotes } from './drift/notes/set-notes.ts'
import { shapeMigration } from './drift/repair/make-migration.ts'
import { shapeRepair } from './drift/repair/plan-repair.ts'
import { tryRepair } from './drift/repair/try-repair.ts'
import { acceptFinding, endAcceptance, ignoreFacets } from './drift/shapes/decide.ts'
import { shapeDetail, targetDrift } from './drift/shapes/detail.ts'
import { findShape } from './drift/shapes/find-shape.ts'
import { goneShape } from './drift/shapes/last-seen.ts'
import { driftOverview } from './drift/shapes/overview.ts'
import { verifySet } from './drift/verify-set.ts'
import { cancelLook, listLooks } from './runs/looks.ts'
import { TenancyError, isTenancyError } from './errors.ts'
import { createFleetEvents } from './events/fleet-events.ts'
import { createRunEvents } from './events/run-events.ts'
import { fleetMap } from './fleet/map.ts'
import { fleetOverview } from './fleet/overview.ts'
import { migrateControl } from './migrations/control-plane.ts'
import { lintSet, syncSet } from './migrations/set-sync.ts'
import { inspectTarget } from './observation/inspect.ts'
import { observeNow, requestObservation } from './observation/request.ts'
import { createControlStructure, type ControlStructure } from './on-call/control-structure.ts'
import { createOnCall } from './on-call/index.ts'
import { createPeople } from './people/index.ts'
import { getSetWithPools, listSetsWithPools } from './pool/read.ts'
import { setPool } from './pool/set-size.ts'
import { checkOnboardCsv, checkOnboarding } from './provision/check-csv.ts'
import { parseOnboardCsv } from './provision/csv.ts'
import { discardTenant } from './provision/discard.ts'
import { startOnboarding } from './provision/onboard.ts'
import { changeDatabaseUrl } from './registry/change-url.ts'
import { listDatabases } from './registry/database-list.ts'
import { addDatabase, checkDatabase, removeDatabase, setBudget } from './registry/databases.ts'
import { getTenant } from './registry/tenant-detail.ts'
import { tenantFacets } from './registry/tenant-facets.ts'
import { listTenants } from './registry/tenant-list.ts'
import { checkSlug } from './registry/taken-slugs.ts'
import { searchTenants } from './registry/tenant-search.ts'
import { activateTenants, suspendTenants, updateTenant } from './registry/tenants.ts'
import { combineReport, requireCombining, streamCombined } from './reports/combine.ts'
import { getReport } from './reports/read.ts'
import { readRetention, setRetention } from './reports/retention.ts'
import { reportRows, streamReport } from './reports/rows.ts'
import { pinnedFigures, setFigures } from './reports/saved/figures.ts'
import { getSaved, listSaved, savedHistory } from './reports/saved/read-saved.ts'
import { nextTimes, setSchedule } from './reports/saved/schedules.ts'
import { startSaved } from './reports/saved/start-saved.ts'
import { changeSaved, createSaved, removeSaved, restoreSaved } from './reports/saved/write-saved.ts'
import { checkText, startReport } from './reports/start.ts'
import { reportStructure } from './reports/structure.ts'
import { listReportRuns } from './reports/summaries.ts'
import { readBlockers } from './runs/blockers/read-blockers.ts'
import { stopBlocker } from './runs/blockers/stop-blocker.ts'
import { cancelRun, pauseRun, resumeRun, retryItems } from './runs/control.ts'
import { listFailures } from './runs/failures.ts'
import { planView } from './runs/plan.ts'
import { createJobs, type Jobs } from './runs/queues.ts'
import { getRun, getRunMap, listAttempts, listRunItems } from './runs/reads.ts'
import { rerun } from './runs/rerun.ts'
import { startRepair } from './runs/start-repair.ts'
import { startRun } from './runs/start.ts'
import { listRuns } from './runs/summaries.ts'
import { startWorker, type WorkerOptions } from './runs/worker.ts'
import { classify, codeOf, sqlstate } from './sql/sqlstate.ts'

export { TenancyError, isTenancyError } from './errors.ts'
export { demandedSpanIds } from './tracing.ts'
/** The control database went away under a call: nothing is known of what it was asked. */
export const isConnectionLoss = (error: unknown): boolean => {
  // A socket that is not there has the code of any file that is not there.
  const isFile = codeOf(error) === 'ENOENT' && error instanceof Error && 'syscall' in error && error.syscall !== 'connect'
  return !isFile && classify(codeOf(error)) === 'connection'
}
export type { Logger, Meters } from './context.ts'
/** For the sign-in library, which brings its own queries for its own tables. */
export { openControl } from './control/db.ts'
export { controlUnreachable } from './control/unreachable.ts'

export type TenancyConfig = {
  /** Connection string of the control database; direct, for LISTEN needs a session. */
  readonly controlUrl: string
  /** TENANTRY_SECRET: at least 32 characters, the same for every process. */
  readonly secret: string
  /** Absolute path of the folder that holds `control/`. */
  readonly migrationsDir: string
  readonly logger?: Logger
  /** Keeps what is counted of this process's work. */
  readonly meters?: Meters
  readonly clock?: () => Date
  /** Bounds of the conductors that differ from the usual ones. */
  readonly limits?: WorkerOptions['limits']
}

const ready = async ({ control, secret }: Library, { controlUrl }: TenancyConfig): Promise<void> => {
  try {
    await checkSecret(control.db, secret)
  } catch (error) {
    if (isTenancyError(error)) throw error
    const code = codeOf(error)
    if (code === sqlstate.undefinedTable || code === sqlstate.undefinedSchema) throw new TenancyError('control.not_ready', {}, error)
    throw await controlUnreachableAt(error, controlUrl)
  }
}

const migrate = async ({ control, secret }: Library, { controlUrl, migrationsDir }: TenancyConfig): ReturnType<Tenancy['control']['migrate']> => {
  const done = await migrateControl(controlUrl, join(migrationsDir, 'control'))
  await claimSecret(control.db, secret)
  return done
}

const closeAll = async (...opened: ReadonlyArray<{ close(): Promise<void> }>): Promise<void> => {
  const failed = (await Promise.allSettled(opened.map((one) => one.close()))).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}

const libraryOf = (config: TenancyConfig, control: Control): Library => ({
  control,
  secret: config.secret,
  logger: config.logger ?? silentLogger,
  meters: config.meters ?? silentMeters,
  clock: config.clock ?? (() => new Date()),
})

const compareControl = ({ controlUrl, migrationsDir }: TenancyConfig) => controlDrift(controlUrl, join(migrationsDir, 'control'))

const observationCalls = (library: Library, jobs: Jobs): Tenancy['observation'] => ({
  request: (actor, input) => requestObservation(library, jobs, actor, input),
  now: (input, signal) => observeNow(library, input, signal),
  looks: () => listLooks(library),
  cancel: (actor, input) => cancelLook(library, actor, input),
})

const driftCalls = (library: Library, config: TenancyConfig, controlStructure: ControlStructure): Tenancy['drift'] => ({
  overview: () => driftOverview(library),
  shape: (set, shape) => shapeDetail(library, set, shape),
  find: (input) => findShape(library, input),
  gone: (set, shape) => goneShape(library, set, shape),
  target: (slug) => targetDrift(library, slug),
  repair: (set, shape) => shapeRepair(library, set, shape),
  migration: (set, shape) => shapeMigration(library, set, shape),
  tryRepair: (actor, input) => tryRepair(library, actor, input),
  startRepair: (actor, input) => startRepair(library, actor, input),
  accept: (actor, input) => acceptFinding(library, actor, input),
  endAcceptance: (actor, input) => endAcceptance(library, actor, input),
  ignoreFacets: (actor, input) => ignoreFacets(library, actor, input),
  control: () => compareControl(config),
  controlLately: () => controlStructure.read(),
})

const savedReportCalls = (library: Library): Tenancy['reports']['saved'] => ({
  list: (actor) => listSaved(library, actor),
  get: (actor, report) => getSaved(library, actor, report),
  create: (actor, input) => createSaved(library, actor, input),
  change: (actor, input) => changeSaved(library, actor, input),
  restore: (actor, input) => restoreSaved(library, actor, input),
  remove: (actor, report) => removeSaved(library, actor, report),
  history: (actor, report) => savedHistory(library, actor, report),
  start: (actor, input) => startSaved(library, actor, input),
  setSchedule: (actor, input) => setSchedule(library, actor, input),
  times: async (input) => nextTimes(input, library.clock(), 5).map((time) => time.toISOString()),
  setFigures: (actor, input) => setFigures(library, actor, input),
  pinned: (actor) => pinnedFigures(library, actor),
})

const reportCalls = (library: Library): Tenancy['reports'] => ({
  retention: { get: () => readRetention(library.control.db), set: (actor, input) => setRetention(library, actor, input) },
  saved: savedReportCalls(library),
  check: (input) => checkText(library, input.set, input.sql),
  start: (actor, input) => startReport(library, actor, input),
  structure: (set) => reportStructure(library, set),
  runs: (actor, input) => listReportRuns(library, actor, input),
  get: (actor, run) => getReport(library, actor, run),
  rows: (actor, input) => reportRows(library, actor, input),
  stream: (actor, run) => streamReport(library, actor, run),
  checkCombining: async (text) => void (await requireCombining(text)),
  combine: (actor, input) => combineReport(library, actor, input),
  streamCombined: (actor, input) => streamCombined(library, actor, input),
})

/** Opens nothing by itself: connections are made when something is asked. Close it in the end. */
export const createTenancy = (config: TenancyConfig): Tenancy => {
  const control = openControl(config.controlUrl)
  const library = libraryOf(config, control)
  const ears = createEars(control)
  const jobs = createJobs(library, config.controlUrl)
  const runEvents = createRunEvents(library, ears)
  const fleetEvents = createFleetEvents(library, ears)
  const controlStructure = createControlStructure(() => compareControl(config), library.logger)
  const onCall = createOnCall(library, config.controlUrl, join(config.migrationsDir, 'control'), controlStructure)

  return {
    control: { migrate: () => migrate(library, config), ready: () => ready(library, config) },
    databases: {
      check: (actor, input) => checkDatabase(library, actor, input),
      add: (actor, input) => addDatabase(library, actor, input),
      list: () => listDatabases(library),
      setBudget: (actor, input) => setBudget(library, actor, input),
      changeUrl: (actor, input) => changeDatabaseUrl(library, actor, input),
      setNotes: (actor, input) => setNotes(library, actor, input),
      remove: (actor, input) => removeDatabase(library, actor, input),
    },
    sets: {
      sync: (actor, input) => syncSet(library, actor, input),
      lint: async (dir) => (await lintSet(dir)).findings,
      list: () => listSetsWithPools(library),
      get: (set) => getSetWithPools(library, set),
      setPool: (actor, input) => setPool(library, actor, input),
      verify: (actor, input) => verifySet(library, actor, input),
    },
    tenants: {
      list: (input) => listTenants(library, input),
      facets: (filter) => tenantFacets(library, filter),
      get: (slug) => getTenant(library, slug),
      inspect: (slug, set) => inspectTarget(library, slug, set),
      checkSlug: (slug) => checkSlug(library, slug),
      update: (actor, input) => updateTenant(library, actor, input),
      suspend: (actor, input) => suspendTenants(library, actor, input),
      activate: (actor, input) => activateTenants(library, actor, input),
      discard: (actor, input) => discardTenant(library, actor, input),
      search: (q, limit) => searchTenants(library, q, limit),
    },
    onboarding: {
      start: (actor, input) => startOnboarding(library, actor, input),
      parseCsv: (csv) => parseOnboardCsv(csv),
      checkCsv: (csv, set, database) => checkOnboardCsv(library, csv, set, database),
      check: (input) => checkOnboarding(library, input),
    },
    fleet: { overview: () => fleetOverview(library), map: () => fleetMap(library) },
    runs: {
      plan: (input) => planView(control.db, input),
      start: (actor, input) => startRun(library, actor, input),
      list: (input) => listRuns(library, input),
      get: (run) => getRun(library, run),
      map: (run) => getRunMap(library, run),
      items: (input) => listRunItems(library, input),
      attempts: (run, slug) => listAttempts(library, run, slug),
      failures: (run) => listFailures(library, run),
      blockers: (run, slug) => readBlockers(library, run, slug),
      cancelBlocker: (actor, input) => stopBlocker(library, actor, 'cancel', input),
      terminateBlocker: (actor, input) => stopBlocker(library, actor, 'terminate', input),
      pause: (actor, input) => pauseRun(library, actor, input),
      resume: (actor, input) => resumeRun(library, actor, input),
      cancel: (actor, input) => cancelRun(library, actor, input),
      retry: (actor, input) => retryItems(library, actor, input),
      rerun: (actor, input) => rerun(library, actor, input),
    },
    observation: observationCalls(library, jobs),
    drift: driftCalls(library, config, controlStructure),
    reports: reportCalls(library),
    people: createPeople(library),
    audit: createAudit(library),
    events: {
      run: (run, afterRevision, listener) => runEvents.subscribe(run, afterRevision, listener),
      fleet: (listener) => fleetEvents.subscribe(listener),
    },
    onCall,
    startWorker: async (options) => onCall.follow(await startWorker(library, config.controlUrl, ears, { ...options, limits: config.limits })),
    close: () => closeAll(jobs, onCall, control),
  }
}
