/**
 * The documents that `--json` prints, one a command. They are what scripts and pipelines read: fields are added, never renamed or taken away.
 * Times are ISO 8601 in UTC, sizes bytes, durations milliseconds.
 */
import { z } from 'zod'
import {
  driftStates,
  facets,
  findingKinds,
  isolations,
  objectKinds,
  reportRunners,
  runKinds,
  runStates,
  severities,
  versionStates,
} from '../tenancy/contract/index.ts'
import { holder } from './blocker-documents.ts'

const time = z.iso.datetime()
const count = z.number().int().min(0)

/** Any refusal: exit code 2, or 3 when the control database cannot be reached. */
export const errorDocument = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string().nullable(), details: z.record(z.string(), z.unknown()) }),
})

export const targetStates = [...versionStates, 'unobserved'] as const

const target = z.strictObject({
  tenant: z.string(),
  set: z.string(),
  database: z.string(),
  schema: z.string(),
  isolation: z.enum(isolations),
  /** The newest version in its history; null when it has none or was never seen. */
  version: z.string().nullable(),
  pending: count.nullable(),
  state: z.enum(targetStates),
  bytes: count.nullable(),
  /** Whether its structure differs from that of its version in more than what was accepted; null while that is not known. */
  drift: z.boolean().nullable(),
  observedAt: time.nullable(),
})
export type TargetDocument = z.output<typeof target>

/** `tenantry status` */
export const statusDocument = z.strictObject({ targets: z.array(target) })

/** So many failed in this run, and were brought there by a later one. */
const putRight = z.strictObject({ run: z.number().int(), count })

const failure = z.strictObject({
  cause: z.string(),
  count,
  /** SQLSTATE, or a code of Tenantry's own such as `connection_lost`. */
  code: z.string(),
  /** PostgreSQL's words for one of the tenants. */
  message: z.string(),
  detail: z.string().nullable(),
  hint: z.string().nullable(),
  version: z.string().nullable(),
  file: z.string().nullable(),
  line: count.nullable(),
  statement: z.string().nullable(),
  /** A SELECT that shows the rows in the way in one of the tenants. */
  offendingRowsQuery: z.string().nullable(),
  /** Of one of the tenants; empty: nobody was seen, or it failed of something else than a lock. */
  heldBy: z.array(holder),
  tenants: z.array(z.string()),
  /** Those that no later run has put right. */
  remaining: z.array(z.string()),
  putRight: z.array(putRight),
})
export type FailureDocument = z.output<typeof failure>

const counts = z.strictObject({
  pending: count,
  running: count,
  succeeded: count,
  failed: count,
  skipped: count,
  interrupted: count,
  cancelled: count,
  total: count,
})

const runSummary = {
  id: z.number().int(),
  kind: z.enum(runKinds),
  set: z.string(),
  toVersion: z.string().nullable(),
  state: z.enum(runStates),
  /** Why it stands still, when it does: `requested`, `failure_tolerance`, `different` when those that are applied but different were too many. */
  stopReason: z.string().nullable(),
  counts,
  note: z.string(),
  startedBy: z.string(),
  parentRun: z.number().int().nullable(),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
}

/** `worker`: none is running; `conductor`: none has taken the server up; `server`: it is out of reach, or its database is. */
const wait = z.strictObject({
  for: z.enum(['worker', 'conductor', 'server']),
  server: z.string(),
  database: z.string().nullable(),
  problem: z.string().nullable(),
  since: time,
})

const run = z.strictObject({
  ...runSummary,
  /** Tenants that were given a ready schema of the warm pool. */
  claimed: count,
  /** While it is open: what holds it up, if anything does. */
  waitsFor: wait.nullable(),
  failures: z.array(failure),
  /** After the end: what reading the targets back showed; null: not yet. */
  verified: z.strictObject({ at: time, targets: count, mismatches: count, different: count }).nullable(),
  /** Applied, and different from what their version's migrations make, as far as that was compared. */
  different: count,
  /** The first of those. */
  differing: z.array(z.strictObject({ slug: z.string(), shape: z.string().nullable(), sentences: z.array(z.string()) })),
  /** All of those by what differs now, the largest first; `shape` is null where nothing differs any more. `tenants` and `sentences` are the first few. */
  differentShapes: z.array(
    z.strictObject({
      shape: z.string().nullable(),
      letter: z.string().nullable(),
      targets: count,
      tenants: z.array(z.string()),
      sentences: z.array(z.string()),
      differences: count,
    }),
  ),
  /** How many targets a rerun would take; 0 while the run is open. */
  rerunnable: count,
  /** What it would leave out, because later runs have done it. */
  putRight: z.array(putRight),
})
export type RunDocument = z.output<typeof run>

/** `tenantry onboard`, `runs show|watch|retry|rerun|pause|resume|cancel` */
export const runDocument = z.strictObject({ run })

/** `tenantry migrate`: the run is null when every target was there already. */
export const migrateDocument = z.strictObject({ run: run.nullable() })

/** `tenantry runs list`, newest first; `next` goes into `--before`. */
export const runListDocument = z.strictObject({ runs: z.array(z.strictObject(runSummary)), next: z.number().int().nullable() })

/** `tenantry migrate --dry-run` */
export const planDocument = z.strictObject({
  plan: z.strictObject({
    set: z.string(),
    toVersion: z.string(),
    digest: z.string(),
    total: count,
    byVersion: z.array(z.strictObject({ version: z.string().nullable(), count, steps: count })),
    byDatabase: z.array(z.strictObject({ database: z.string(), count, budget: count })),
    leftOut: z.array(z.strictObject({ reason: z.string(), count })),
    migrations: z.array(z.strictObject({ version: z.string(), name: z.string(), checksum: z.string(), transactional: z.boolean(), isShared: z.boolean() })),
  }),
})

/** `tenantry discard` */
export const discardedDocument = z.strictObject({ discarded: z.string() })

const finding = z.strictObject({
  rule: z.string(),
  level: z.enum(['error', 'warning']),
  file: z.string(),
  line: count,
  column: count,
  message: z.string(),
})

const fact = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())])

const driftFinding = z.strictObject({
  key: z.string(),
  kind: z.enum(findingKinds),
  object: z.strictObject({ kind: z.enum(objectKinds), of: z.string(), name: z.string() }),
  severity: z.enum(severities),
  sentence: z.string(),
  differences: z.array(z.strictObject({ facet: z.enum(facets), field: z.string(), expected: fact, actual: fact })),
  /** Why it is as it should be; null: it is not. */
  accepted: z.strictObject({ id: z.number().int(), reason: z.string(), by: z.string(), at: time, until: time.nullable() }).nullable(),
})
export type DriftFindingDocument = z.output<typeof driftFinding>

const repair = z.strictObject({
  steps: z.array(z.strictObject({ sql: z.string(), finding: z.string(), lock: z.string().nullable(), risk: z.string().nullable() })),
  left: z.array(z.strictObject({ finding: z.string(), sentence: z.string(), reason: z.string() })),
})

const shape = z.strictObject({
  set: z.string(),
  version: z.string().nullable(),
  /** Whether this is what the set's migrations make. */
  norm: z.boolean(),
  /** Names the shape; the same as long as the set compares the same facets. */
  fingerprint: z.string(),
  state: z.enum(driftStates),
  letter: z.string().nullable(),
  /** Major version of PostgreSQL. */
  server: count,
  severity: z.enum(severities).nullable(),
  firstSeenAt: time,
  /** The run after which it was first seen; null: outside of Tenantry. */
  afterRun: z.number().int().nullable(),
  tenants: z.array(z.string()),
  findings: z.array(driftFinding),
  uncompared: z.array(z.string()),
  /** Why there is nothing to compare with. */
  problem: z.string().nullable(),
  /** With `--sql`, for a shape that drifted. */
  repair: repair.nullable(),
})
export type ShapeDocument = z.output<typeof shape>

/** `tenantry drift` */
export const driftDocument = z.strictObject({
  shapes: z.array(shape),
  /** Tenants of which nothing can be said: not looked at since their last migration, or at all. */
  unknown: z.array(z.strictObject({ set: z.string(), tenants: z.array(z.string()) })),
  /** The control plane's own database; null with `--set` and `--tenant`. */
  control: z.strictObject({ state: z.enum(['norm', 'drifted', 'unknown']), findings: z.array(z.string()), problem: z.string().nullable() }).nullable(),
})

/** `tenantry drift try` */
export const trialDocument = z.strictObject({
  trial: z.strictObject({
    slug: z.string(),
    outcome: z.enum(['repaired', 'norm', 'failed']),
    error: z.strictObject({ code: z.string(), message: z.string(), statement: z.string().nullable() }).nullable(),
    findings: z.array(z.string()),
  }),
})

/** `tenantry drift migration` */
export const shapeMigrationDocument = z.strictObject({ migration: z.strictObject({ file: z.string(), sql: z.string(), findings: count }) })

/** `tenantry sets verify` */
export const verifyDocument = z.strictObject({
  set: z.string(),
  database: z.string(),
  server: count,
  versions: count,
  disagreements: z.array(z.strictObject({ version: z.string(), findings: z.array(z.string()) })),
  problems: z.array(z.string()),
  notes: z.array(z.string()),
})

/** `tenantry sets sync` */
export const syncDocument = z.strictObject({
  set: z.strictObject({
    name: z.string(),
    head: z.string().nullable(),
    added: z.array(z.string()),
    changed: z.array(z.string()),
    removed: z.array(z.string()),
    unchanged: count,
    findings: z.array(finding),
  }),
})

const pool = z.strictObject({
  database: z.string(),
  size: count,
  ready: count,
  /** Being made at this moment. */
  building: count,
  /** Why there are fewer ready than there are to be. */
  problem: z.string().nullable(),
  /** When that is tried again by itself; null: with the next change of the set or of the size. */
  retryAt: time.nullable(),
  /** What has to end or come before more are made; the fields that do not belong to it are null or empty. */
  waitsFor: z
    .strictObject({
      for: z.enum(['server', 'runs', 'worker', 'migrations']),
      server: z.string().nullable(),
      problem: z.string().nullable(),
      runs: z.array(count),
    })
    .nullable(),
})

/** `tenantry sets pool` */
export const poolDocument = z.strictObject({ pool: pool.extend({ set: z.string() }) })

const setSummary = z.strictObject({
  name: z.string(),
  directory: z.string().nullable(),
  defaultDatabase: z.string().nullable(),
  head: z.string().nullable(),
  migrations: count,
  targets: count,
  atHead: count,
  findings: count,
  syncedAt: time,
  /** Ready schemas that new tenants claim, by database. */
  pools: z.array(pool),
})

/** `tenantry sets list` */
export const setListDocument = z.strictObject({ sets: z.array(setSummary) })

/** `tenantry sets lint` */
export const lintDocument = z.strictObject({ set: z.string(), findings: z.array(finding) })

/** `tenantry init` */
export const initDocument = z.strictObject({
  applied: z.array(z.string()),
  admin: z.strictObject({ email: z.string(), link: z.string(), expiresAt: time }).nullable(),
})

const lack = z.strictObject({ table: z.string(), columns: z.array(z.string()).nullable() })

/** `tenantry report --format json`: rows by the names of their columns, each value as PostgreSQL writes it. `leftOut`: named and not active; `cut`: there were more rows. */
export const reportDocument = z.strictObject({
  run: z.strictObject({
    id: count,
    set: z.string(),
    state: z.enum(runStates),
    tenants: count,
    /** Out of how many they were taken as a sample; null: all that were meant. */
    sampledOf: count.nullable(),
    answered: count,
    rows: count,
    silent: z.array(z.strictObject({ code: z.string(), message: z.string(), tenants: z.array(z.string()) })),
    /** Who answered without all that was asked for, and what it lacks; `columns` null: for a whole table. */
    filled: z.array(z.strictObject({ lacks: z.array(lack), tenants: z.array(z.string()) })),
    leftOut: z.array(z.string()),
  }),
  columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
  rows: z.array(z.record(z.string(), z.string().nullable())),
  cut: z.boolean(),
})

/** `tenantry reports keep` */
export const reportRetentionDocument = z.strictObject({ days: count })

const reportSchedule = z.strictObject({
  cron: z.string(),
  timezone: z.string(),
  enabled: z.boolean(),
  nextAt: time.nullable(),
  setBy: z.string(),
  lastAt: time.nullable(),
  lastRun: count.nullable(),
  lastProblem: z.string().nullable(),
})

/** `tenantry reports schedule` */
export const reportScheduleDocument = z.strictObject({ report: z.string(), schedule: reportSchedule.nullable() })

/** `tenantry reports list` */
export const savedReportListDocument = z.strictObject({
  reports: z.array(
    z.strictObject({
      name: z.string(),
      description: z.string(),
      set: z.string(),
      owner: z.string(),
      runnableBy: z.array(z.enum(reportRunners)),
      revision: count,
      lastRun: z
        .strictObject({ id: count, state: z.enum(runStates), tenants: count, answered: count, rows: count, createdAt: time, expiresAt: time })
        .nullable(),
      schedule: reportSchedule.nullable(),
    }),
  ),
})
