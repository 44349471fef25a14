/** What probes and monitoring ask of a process: whether it can do its work, and how the fleet stands, in numbers. */
import type { DriftState } from './drift.ts'
import type { ItemState, RunState, VersionState } from './states.ts'

export const readinessChecks = {
  control: {
    ok: null,
    unreachable: 'The control database cannot be reached.',
    silent: 'The control database did not answer in time.',
    unset: 'This process has no control database, or no secret for it: look at DATABASE_URL and TENANTRY_SECRET.',
  },
  migrations: {
    ok: null,
    unknown: null,
    absent: 'The control database is not set up: run tenantry init.',
    behind: 'The control database is older than this release: run tenantry init.',
    newer: 'The control database belongs to another release than this process, most likely a newer one.',
  },
  secret: { ok: null, unknown: null, wrong: 'TENANTRY_SECRET is not the one that this control database was set up with.' },
  structure: {
    ok: null,
    unknown: null,
    differs: null,
    incomplete: 'Tables of the control database are missing: tenantry drift says which. Put a backup back, or make them again.',
  },
  worker: {
    ok: null,
    none: null,
    starting: 'The worker has not started yet.',
    silent: 'The worker of this process has not reached the control database for a while.',
    stopping: 'The worker of this process is stopping.',
  },
} as const

type Checks = typeof readinessChecks
export type ReadinessState = { readonly [Check in keyof Checks]: keyof Checks[Check] }

/** Of the worker that this process started. */
export type WorkerPulse = 'none' | 'ok' | 'silent' | 'stopping'

/** Names no host, no person and no secret: anybody may read it. */
export type Readiness = {
  readonly ready: boolean
  readonly checks: ReadinessState
  readonly problems: readonly string[]
  /** What somebody should look at, though the process does its work. */
  readonly warnings: readonly string[]
}

const controlDiffers = 'The control database is not as its own migrations make it: tenantry drift and the page Drift say what differs.'

const problemOf = (words: Readonly<Record<string, string | null>>, state: string): readonly string[] => {
  const problem = words[state] ?? null
  return problem === null ? [] : [problem]
}

export const readinessOf = (checks: ReadinessState): Readiness => {
  const problems = [
    ...problemOf(readinessChecks.control, checks.control),
    ...problemOf(readinessChecks.migrations, checks.migrations),
    ...problemOf(readinessChecks.secret, checks.secret),
    ...problemOf(readinessChecks.structure, checks.structure),
    ...problemOf(readinessChecks.worker, checks.worker),
  ]
  return { ready: problems.length === 0, checks, problems, warnings: checks.structure === 'differs' ? [controlDiffers] : [] }
}

/** Ages and waits in seconds. */
export type ServerNumbers = {
  readonly server: string
  readonly budget: number
  readonly maxConnections: number
  /** At the newest look at the server; null before the first. */
  readonly connectionsOurs: number | null
  readonly connectionsUsed: number | null
  readonly lookAge: number | null
  readonly unreachableDatabases: number
  /** Databases that answer, but not through the pooler by which their applications come. */
  readonly unfitPoolers: number
  readonly hasConductor: boolean
  /** Null: nobody has driven it yet. */
  readonly conductorAge: number | null
  /** How long its conductor has been waiting for the server or a database; null: it does not. */
  readonly waiting: number | null
  /** `paused`: of paused runs, in whatever state: nobody is to drive them. */
  readonly openItems: Readonly<Partial<Record<ItemState | 'paused', number>>>
  /** Of the target that was not looked at for longest; null: none was ever looked at. */
  readonly oldestObservation: number | null
}

export type FleetNumbers = {
  readonly runs: ReadonlyArray<{ readonly state: RunState; readonly count: number; readonly oldestAge: number }>
  readonly servers: readonly ServerNumbers[]
  readonly targets: ReadonlyArray<{ readonly set: string; readonly state: VersionState | 'unseen'; readonly count: number }>
  readonly drift: ReadonlyArray<{ readonly set: string; readonly state: DriftState; readonly count: number }>
  readonly jobs: ReadonlyArray<{ readonly queue: string; readonly state: string; readonly count: number }>
  /** Figures of saved reports that are beyond their line. */
  readonly figuresAlerting: number
  /** Warm pools: how many schemas are to be ready, are, and are being made. */
  readonly pools: ReadonlyArray<{ readonly set: string; readonly database: string; readonly size: number; readonly ready: number; readonly building: number }>
  /** The newest heartbeats, at most 50. */
  readonly workers: ReadonlyArray<{ readonly worker: string; readonly age: number }>
  readonly liveWorkers: number
  /** How long reading this took. */
  readonly readSeconds: number
}

/** Connections of this process to the control database. */
export type PoolUse = { readonly busy: number; readonly idle: number; readonly waiting: number; readonly most: number }
