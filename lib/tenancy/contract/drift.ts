/** Drift: a target's structure differs from the reference of its own version. Targets that differ alike form a shape. */
import type { AttemptError } from './run-views.ts'
import type { RunState } from './states.ts'
import type { Facet, Facts, FactValue, ObjectKind } from './structure.ts'

export const findingKinds = ['missing', 'extra', 'mismatched'] as const
export type FindingKind = (typeof findingKinds)[number]

/** Worst first. */
export const severities = ['breaks', 'slows', 'harmless'] as const
export type Severity = (typeof severities)[number]

export type Difference = { readonly facet: Facet; readonly field: string; readonly expected: FactValue; readonly actual: FactValue }

/** One object that is not as it should be. Children of an object that is missing or extra as a whole are not told one by one. */
export type Finding = {
  /** Digest of object, kind and differences: the same finding has the same key in every target and at every look. */
  readonly key: string
  readonly kind: FindingKind
  readonly object: { readonly kind: ObjectKind; readonly of: string; readonly name: string }
  /** The worst that its differences are. */
  readonly severity: Severity
  readonly differences: readonly Difference[]
  /** Of `missing` what should be there, of `extra` what is, as definitions; else null. */
  readonly facts: Facts | null
  /** Of `extra`: a migration that is still to come makes an object of that name. */
  readonly isAhead?: true
  /** "Index work_logs_employee_idx of work_logs is missing." */
  readonly sentence: string
}

export type Acceptance = {
  readonly id: number
  readonly finding: string
  readonly sentence: string
  readonly reason: string
  readonly by: string
  readonly at: string
  /** null: until it is taken back. */
  readonly until: string | null
}
export type SeenFinding = Finding & { readonly accepted: Acceptance | null }

/** When it was first seen, and the run after which that was; null: outside Tenantry. Migrations and repairs of other things leave it as it is. */
export type FindingSince = { readonly since: string; readonly afterRun: number | null }

/** `drifted` when a finding is neither accepted nor in a facet that the set leaves out; `unknown` without a reference, before the first look, and where only what cannot be compared is not as in the norm. */
export const driftStates = ['norm', 'accepted', 'drifted', 'unknown'] as const
export type DriftState = (typeof driftStates)[number]

export type Shape = {
  /** Stable as long as the set leaves out the same facets: names the shape in addresses and filters. */
  readonly id: string
  readonly set: string
  readonly version: string | null
  /** Major version of the servers; references are made for each. */
  readonly server: number
  readonly state: DriftState
  /** Letters in the order of their size within a version: B, C, …; null for the norm. */
  readonly letter: string | null
  readonly tenants: number
  /** The first few, by slug. */
  readonly examples: readonly string[]
  readonly severity: Severity | null
  readonly findings: readonly SeenFinding[]
  /** What is there and cannot be compared, in words. */
  readonly uncompared: readonly string[]
  /** Since when its targets show the newest of what differs in them. */
  readonly firstSeenAt: string
  /** The run after which that was first seen; null: outside Tenantry. */
  readonly afterRun: number | null
  /** Why there is nothing to compare with, in words. */
  readonly problem: string | null
}

export type DriftSet = {
  readonly set: string
  readonly ignored: readonly Facet[]
  readonly compared: number
  readonly drifted: number
  readonly accepted: number
  /** Never looked at, or not since its last migration, or without a reference. */
  readonly unknown: number
  /** When the oldest look at the structure of one of its targets was. */
  readonly oldestAt: string | null
  /** Norms first, then by size. */
  readonly shapes: readonly Shape[]
  /** How many more there are: the smallest ones. */
  readonly hidden: number
  readonly trend: ReadonlyArray<{ readonly day: string; readonly compared: number; readonly drifted: number }>
}
export type DriftOverview = { readonly sets: readonly DriftSet[] }

/** DDL in a target's schema that did not come from Tenantry, as its database noted it. What it was about, never its text. */
export type OutsideChange = {
  readonly slug: string
  readonly at: string
  /** Who was signed in; null for whoever may not see that. */
  readonly user: string | null
  /** As the session calls itself; empty: it does not say. */
  readonly application: string
  /** The address that it came from; null: the server's own machine, or whoever asks may not see that. */
  readonly client: string | null
  /** "ALTER TABLE" */
  readonly command: string
  /** "orders", by its name within the schema; several with commas. */
  readonly object: string
}

export type ShapeDetail = Shape & {
  /** By the finding's key, where it was seen first. */
  readonly since: Readonly<Record<string, FindingSince>>
  readonly ignored: readonly Facet[]
  /** Both as readable DDL; `norm` is null where there is no reference. */
  readonly ddl: { readonly norm: string | null; readonly shape: string }
  readonly acceptances: readonly Acceptance[]
  /** The newest, of its tenants; none where databases do not tell. */
  readonly changes: readonly OutsideChange[]
}

/** A shape that no target has any more. */
export type GoneShape = {
  readonly set: string
  readonly id: string
  /** As it was said last; null: it never was a shape of the set, or was forgotten since. */
  readonly seen: {
    readonly version: string | null
    readonly letter: string | null
    readonly isNorm: boolean
    readonly at: string
    readonly targets: number
    /** The first of those that had it, with what they are now. */
    readonly tenants: ReadonlyArray<{ readonly slug: string; readonly state: DriftState; readonly shape: string | null; readonly letter: string | null }>
  } | null
  readonly repair: RepairRun | null
}

/** What one target looked like when its structure was last seen. */
export type TargetDrift = {
  readonly set: string
  readonly state: DriftState
  readonly shape: string | null
  readonly letter: string | null
  readonly severity: Severity | null
  readonly findings: readonly SeenFinding[]
  /** What is there and cannot be compared, in words. */
  readonly uncompared: readonly string[]
  readonly lookedAt: string | null
  /** Since when it shows the newest of what differs in it. */
  readonly since: string | null
  readonly afterRun: number | null
  /** By the finding's key. */
  readonly findingsSince: Readonly<Record<string, FindingSince>>
  readonly problem: string | null
  /** The newest; none where its database does not tell. */
  readonly changes: readonly OutsideChange[]
}

/** The control plane's own structure; `unknown` says in `problem` why it could not be compared. */
export type ControlDrift = { readonly state: Exclude<DriftState, 'accepted'>; readonly findings: readonly Finding[]; readonly problem: string | null }

/** Of a set that was replayed: all migrations in one transaction, as new tenants get them, against one after the other, as a rollout applies them. */
export type SetVerification = {
  readonly set: string
  readonly database: string
  readonly server: number
  readonly versions: number
  /** Versions at which both ways do not lead to the same structure, oldest first. */
  readonly disagreements: ReadonlyArray<{ readonly version: string; readonly findings: readonly Finding[] }>
  /** What failed, in words, with file and line. */
  readonly problems: readonly string[]
  /** What kept one of the two ways from being tried, in words; that is no fault of the set. */
  readonly notes: readonly string[]
}

/** How much of a repair PostgreSQL can undo, and whom it holds up. */
export type RepairStep = {
  readonly sql: string
  readonly finding: string
  /** The strongest lock that it takes on something that is in use: "ACCESS EXCLUSIVE on customer"; null: none. */
  readonly lock: string | null
  readonly risk: string | null
}
/** What a repair came to on one tenant, where all of it was rolled back. `norm`: there was nothing to do. */
export type RepairTrial = {
  readonly slug: string
  readonly outcome: 'repaired' | 'norm' | 'failed'
  readonly error: AttemptError | null
  /** What would still differ afterwards. */
  readonly findings: readonly Finding[]
}
export type Repair = {
  readonly steps: readonly RepairStep[]
  /** Findings that are left to a person, and why. */
  readonly left: ReadonlyArray<{ readonly finding: string; readonly sentence: string; readonly reason: string }>
}
/** A run that was to repair a shape; `at`: when it ended, or was started. */
export type RepairRun = { readonly run: number; readonly state: RunState; readonly at: string }
/** With how many tenants it is for; the digest names what was looked at, for the start of the run. */
export type ShapeRepair = Repair & {
  readonly targets: number
  readonly digest: string
  /** The newest one; null: nobody has repaired it yet. */
  readonly lastRun: RepairRun | null
}
/** `file`: a name for it behind the set's newest migration. */
export type ShapeMigration = { readonly file: string; readonly sql: string; readonly findings: number }
