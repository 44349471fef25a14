/** What reads answer with: one type a screen or document. Times are ISO 8601 strings, sizes bytes, durations milliseconds. */
import type { DriftState, Severity } from './drift.ts'
import type { Role } from './permissions.ts'
import type { Isolation, ItemState, RunKind, TenantState, VersionState } from './states.ts'
import type { PoolView } from './pool.ts'
import type { AttemptError, RunSummary } from './run-views.ts'

export * from './run-views.ts'

export type VersionCounts = Readonly<Record<VersionState | 'unobserved', number>>

/** How a target's structure compared with that of its version when it was last looked at. `shape` is null where that is not known. */
export type RowDrift = { readonly state: DriftState; readonly shape: string | null; readonly letter: string | null; readonly severity: Severity | null }

/** One target as a row: the tenants page, `status`, selections. `target` fields are null for a tenant without placement. */
export type TenantRow = {
  readonly slug: string
  readonly name: string
  readonly state: TenantState
  readonly hosts: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly targetId: number | null
  readonly set: string | null
  readonly database: string | null
  readonly schema: string | null
  readonly isolation: Isolation | null
  /** The newest version in the target's history; null when it has none or was never seen. */
  readonly version: string | null
  readonly head: string | null
  readonly pending: number | null
  /** null: never observed. */
  readonly versionState: VersionState | null
  readonly bytes: number | null
  readonly observedAt: string | null
  /** Something worth a word: "0013 is half done: 1 of 3 statements", why it is unreachable, what diverged. */
  readonly remark: string | null
  readonly drift: RowDrift | null
  readonly lastRun: { readonly id: number; readonly state: ItemState; readonly at: string | null } | null
}

export type TenantPage = { readonly rows: readonly TenantRow[]; readonly total: number; readonly offset: number }

/** For each filter of the tenants page: value → rows that would be there if it were chosen, the other filters staying. */
export type TenantFacets = Readonly<
  Record<
    'state' | 'set' | 'database' | 'isolation' | 'versionState' | 'version' | 'drift' | 'shape' | 'label',
    ReadonlyArray<{ readonly value: string; readonly count: number }>
  >
>

export type PlacementView = {
  readonly targetId: number
  readonly set: string
  readonly database: string
  readonly server: string
  readonly schema: string
  readonly role: string | null
  readonly isolation: Isolation
  readonly version: string | null
  readonly head: string | null
  readonly versionState: VersionState | null
  readonly bytes: number | null
  readonly observedAt: string | null
  readonly remark: string | null
  readonly drift: RowDrift
  readonly pending: ReadonlyArray<{ readonly version: string; readonly name: string; readonly transactional: boolean }>
}

export type HistoryEntry = {
  readonly version: string
  readonly name: string
  readonly checksum: string
  readonly appliedAt: string
  readonly finishedAt: string | null
  readonly durationMs: number | null
  readonly run: number | null
  readonly baseline: boolean
  /** edited: another checksum than the set's; unknown: a version that the set does not have; half_done: see `statementsDone`. */
  readonly match: 'same' | 'edited' | 'unknown' | 'half_done'
  readonly statementsDone: number | null
}
export type TableSize = {
  readonly table: string
  readonly rows: number | null
  readonly tableBytes: number
  readonly indexBytes: number
  readonly toastBytes: number
  readonly totalBytes: number
}

/** Read live from the target's database; `unreachable` says why it could not be. */
export type TargetInspection =
  | { readonly reachable: true; readonly readAt: string; readonly history: readonly HistoryEntry[]; readonly tables: readonly TableSize[] }
  | { readonly reachable: false; readonly readAt: string; readonly reason: string }

export type TenantDetail = {
  readonly slug: string
  readonly name: string
  readonly state: TenantState
  readonly hosts: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly createdAt: string
  readonly placements: readonly PlacementView[]
  readonly runs: ReadonlyArray<{
    readonly run: number
    readonly kind: RunKind
    readonly set: string
    readonly state: ItemState
    readonly attempts: number
    readonly finishedAt: string | null
    readonly error: AttemptError | null
  }>
}

export type LintFinding = {
  readonly rule: string
  readonly level: 'error' | 'warning'
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
}

export type SetSummary = {
  readonly name: string
  readonly directory: string | null
  readonly defaultDatabase: string | null
  readonly head: string | null
  readonly migrations: number
  readonly targets: number
  readonly atHead: number
  readonly syncedAt: string
  readonly findings: number
  readonly pools: readonly PoolView[]
}
export type MigrationView = {
  readonly version: string
  readonly name: string
  readonly file: string
  readonly checksum: string
  readonly transactional: boolean
  readonly sql: string
  readonly downSql: string | null
  readonly findings: readonly LintFinding[]
  /** Targets whose history is known to hold it, of all targets of the set. */
  readonly applied: number
}
export type SetDetail = SetSummary & {
  readonly list: readonly MigrationView[]
  readonly versions: ReadonlyArray<{ readonly version: string | null; readonly state: VersionState | 'unobserved'; readonly count: number }>
}

export type SyncResult = {
  readonly set: string
  readonly head: string | null
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  readonly unchanged: number
  readonly findings: readonly LintFinding[]
}

export type PlanView = {
  readonly set: string
  readonly toVersion: string
  readonly digest: string
  readonly total: number
  readonly byVersion: ReadonlyArray<{ readonly version: string | null; readonly count: number; readonly steps: number }>
  readonly byDatabase: ReadonlyArray<{ readonly database: string; readonly count: number; readonly budget: number }>
  /** Left out, with the reason: at the version already, suspended, diverged, ahead, unreachable, busy in another run. */
  readonly leftOut: ReadonlyArray<{ readonly reason: string; readonly count: number }>
  readonly migrations: ReadonlyArray<{
    readonly version: string
    readonly name: string
    readonly checksum: string
    readonly transactional: boolean
    readonly sql: string
    readonly findings: readonly LintFinding[]
    /** Touches a table outside of the tenant’s schema: targets that need it go one at a time in each database. */
    readonly isShared: boolean
  }>
}

export type DatabaseFacts = {
  readonly host: string
  readonly port: number
  readonly dbname: string
  readonly user: string
  readonly version: string
  readonly versionNum: number
  readonly systemIdentifier: string | null
  readonly maxConnections: number
  readonly reservedConnections: number
  readonly connectionsUsed: number
  readonly proposedBudget: number
  readonly bytes: number
  readonly schemas: number
  /** `host:port` of the pooler that leads there too. */
  readonly pooler: string | null
  readonly warnings: readonly string[]
}
/** A database that was just added, with what stops nobody from working there, but somebody later. */
export type AddedDatabase = DatabaseRow & { readonly warnings: readonly string[] }
export type DatabaseRow = {
  readonly name: string
  readonly server: string
  readonly host: string
  readonly port: number
  /** By which applications come; everything but the look at it goes by the direct address. `problem`: why they cannot. */
  readonly pooler: { readonly host: string; readonly port: number; readonly problem: string | null } | null
  readonly dbname: string
  readonly version: string
  readonly reachable: boolean
  readonly problem: string | null
  readonly checkedAt: string | null
  readonly budget: number
  readonly connectionsOurs: number | null
  readonly connectionsUsed: number | null
  /** When they were counted, on the server as a whole. */
  readonly connectionsAt: string | null
  readonly maxConnections: number
  readonly bytes: number | null
  readonly tenants: number
  readonly conductor: { readonly worker: string; readonly heartbeatAt: string } | null
  /** Whether it notes changes of structure from outside of Tenantry; null: it does not. */
  readonly notes: { readonly since: string; readonly lastAt: string | null; readonly problem: string | null } | null
}

export type FleetOverview = {
  readonly tenants: number
  readonly targets: number
  readonly states: VersionCounts
  /** Active tenants whose last item of a run failed and was not put right since. */
  readonly failed: number
  readonly observedAt: string | null
  readonly oldestObservedAt: string | null
  readonly sets: ReadonlyArray<{
    readonly set: string
    readonly head: string | null
    readonly versions: ReadonlyArray<{ readonly version: string | null; readonly state: VersionState | 'unobserved'; readonly count: number }>
  }>
  readonly attention: ReadonlyArray<{
    readonly kind: 'failed' | 'diverged' | 'drifted' | 'unreachable' | 'half_done' | 'paused_run' | 'stale' | 'provisioning'
    readonly count: number
    readonly text: string
    readonly href: string
  }>
  readonly activeRuns: readonly RunSummary[]
  readonly recentRuns: readonly RunSummary[]
  /** A worker has been heard of within the last minute. */
  readonly workers: number
}
/** Cells of the fleet map: one row a database, cells sorted by slug. `letters[i]` is the state of `slugs[i]` (see `versionLetters`), `drift[i]` its drift (see `driftLetters`). */
export type FleetMap = {
  readonly groups: ReadonlyArray<{
    readonly database: string
    readonly set: string
    readonly slugs: readonly string[]
    readonly versions: ReadonlyArray<string | null>
    readonly letters: string
    readonly drift: string
  }>
}

export type PersonRow = {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly state: 'invited' | 'active' | 'disabled'
  readonly lastSeenAt: string | null
  readonly createdAt: string
}
export type SessionRow = {
  readonly id: string
  readonly createdAt: string
  readonly expiresAt: string
  readonly client: string | null
  readonly userAgent: string | null
}
export type AuditRow = {
  readonly id: number
  readonly at: string
  readonly actor: string
  readonly actorKind: 'person' | 'cli' | 'system'
  readonly action: string
  readonly subjectKind: string
  readonly subject: string
  readonly details: Readonly<Record<string, unknown>>
}
export type AuditPage = { readonly rows: readonly AuditRow[]; readonly next: number | null }

export const itemLetters = {
  pending: 'p',
  running: 'r',
  succeeded: 's',
  failed: 'f',
  skipped: 'k',
  interrupted: 'i',
  cancelled: 'c',
} as const satisfies Record<ItemState, string>
export const versionLetters = { at_head: 'h', behind: 'b', ahead: 'a', diverged: 'd', unreachable: 'u', unobserved: 'n' } as const satisfies Record<
  VersionState | 'unobserved',
  string
>
/** None of them is a letter of a version state: a map may be coloured by either. */
export const driftLetters = { norm: '=', accepted: '~', drifted: '!', unknown: '?' } as const satisfies Record<DriftState, string>

/** A look at databases that somebody asked for, or that was due. */
export type LookView = {
  readonly id: string
  /** By name. */
  readonly databases: readonly string[]
  /** How many targets were named; null: all of the databases. */
  readonly targets: number | null
  readonly structure: boolean
  readonly isAsked: boolean
  readonly isUnderWay: boolean
  /** Since when it is under way, or waits. */
  readonly since: string
}
