/** What is read of runs, their items and their attempts. Times are ISO strings. */
import type { LockHolder } from './blockers.ts'
import type { ServerPace } from './pace.ts'
import type { PutRight } from './put-right.ts'
import type { AttemptState, ItemState, RunKind, RunState } from './states.ts'
import type { RunWait } from './waits.ts'

export type ItemCounts = Readonly<Record<ItemState, number>> & { readonly total: number }

export type AttemptError = {
  /** SQLSTATE, or a code of our own such as `connection_lost`, `history_conflict`, `invalid_index`. */
  readonly code: string
  readonly message: string
  readonly detail: string | null
  readonly hint: string | null
  readonly schema: string | null
  readonly table: string | null
  readonly constraint: string | null
  readonly version: string | null
  readonly file: string | null
  readonly line: number | null
  /** The failing statement as written in the file. */
  readonly statement: string | null
  /** The line of the file on which that statement begins; `line` may be one further down in it. */
  readonly statementLine: number | null
  /** A SELECT that shows the rows in the way, when one can be derived. */
  readonly offendingRowsQuery: string | null
  /** Where a lock was not to be had for good: who held locks in the schema the moment after, at most five. Absent: nobody was seen. */
  readonly heldBy?: readonly LockHolder[]
}

export type AttemptView = {
  readonly number: number
  readonly state: AttemptState
  readonly startedAt: string
  readonly finishedAt: string
  readonly durationMs: number
  readonly versionsApplied: readonly string[]
  readonly worker: string
  readonly backendPid: number | null
  /** A ready schema of the warm pool became the tenant’s. */
  readonly claimed: boolean
  readonly error: AttemptError | null
}

export type RunSummary = {
  readonly id: number
  readonly kind: RunKind
  readonly state: RunState
  readonly set: string
  readonly toVersion: string | null
  readonly counts: ItemCounts
  readonly note: string
  readonly startedBy: string
  readonly parentRun: number | null
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  /** Why it stands still, when it does: `requested`, `failure_tolerance`, `different` when those that are applied but different were too many. */
  readonly stopReason: string | null
}

/** Targets of a run that differ alike from what their version's migrations make. */
export type DifferentShape = {
  /** null: they differ no longer, or in nothing but what was accepted since. */
  readonly shape: string | null
  readonly letter: string | null
  readonly targets: number
  /** The first few, by slug. */
  readonly tenants: readonly string[]
  /** The first of its differences, of so many. */
  readonly sentences: readonly string[]
  readonly differences: number
}

export type RunDetail = RunSummary & {
  readonly revision: number
  readonly maxConcurrent: number | null
  readonly failureTolerance: string | null
  readonly digest: string
  readonly migrations: ReadonlyArray<{ readonly version: string; readonly name: string; readonly checksum: string; readonly transactional: boolean }>
  /** Of a run that repairs a shape: what was frozen instead of migrations. */
  readonly repair: { readonly shape: string; readonly letter: string | null; readonly version: string | null; readonly script: string } | null
  readonly attempts: number
  readonly retried: number
  /** Tenants that were given a ready schema of the warm pool. */
  readonly claimed: number
  readonly childRuns: readonly number[]
  /** What a rerun would take by state; and what it would leave, because later runs have put it right. */
  readonly leftover: { readonly failed: number; readonly interrupted: number; readonly cancelled: number; readonly putRight: readonly PutRight[] }
  readonly servers: ReadonlyArray<{
    readonly server: string
    readonly budget: number
    readonly conductor: { readonly worker: string; readonly heartbeatAt: string } | null
    readonly waitingFor: string | null
    /** null: nothing is worked there at present. */
    readonly pace: ServerPace | null
  }>
  /** While it is open: what holds it up, if anything does. */
  readonly waitsFor: RunWait | null
  /** After the end: what reading the targets back showed. `mismatches`: histories; `different`: structures that are not the norm of their version. */
  readonly verified: { readonly at: string; readonly targets: number; readonly mismatches: number; readonly different: number } | null
  /** Applied, but not the norm of their version, as far as that was compared. */
  readonly different: number
  /** The first of those, by slug, with what differs now. */
  readonly differing: ReadonlyArray<{ readonly slug: string; readonly shape: string | null; readonly sentences: readonly string[] }>
  /** All of those by what differs now, the largest first. */
  readonly differentShapes: readonly DifferentShape[]
}

export type RunItemRow = {
  readonly position: number
  readonly slug: string
  readonly database: string
  readonly schema: string
  readonly state: ItemState
  readonly fromVersion: string | null
  readonly toVersion: string | null
  readonly attempts: number
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly durationMs: number | null
  readonly nextAttemptAt: string | null
  readonly error: AttemptError | null
  /** The first later run that did what this item did not. */
  readonly putRightBy: number | null
  /** Its tenant was given a ready schema of the warm pool. */
  readonly claimed: boolean
  /** Applied, but its structure was not the norm of its version when it was read back. */
  readonly differs: boolean
}
export type RunItemPage = { readonly rows: readonly RunItemRow[]; readonly total: number; readonly offset: number }

/** Failed items that share SQLSTATE, normalised message and statement. */
export type FailureGroup = {
  readonly cause: string
  readonly count: number
  readonly example: AttemptError
  readonly message: string
  readonly tenants: readonly string[]
  /** Those that a rerun would take. */
  readonly remaining: readonly string[]
  readonly putRight: readonly PutRight[]
}

/** One letter an item, in position order: see `itemLetters`. */
export type RunMap = { readonly revision: number; readonly letters: string; readonly slugs: readonly string[] }
