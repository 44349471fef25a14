/** The control plane's tables as Kysely sees them; `migrations/control` is where they are made. */
import type { Facet } from '../contract/structure.ts'
import type { PaceReason } from '../contract/pace.ts'
import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type { AttemptError, LintFinding } from '../contract/views.ts'
import type { AttemptState, Isolation, ItemState, PoolState, RunKind, RunState, TenantState, VersionState } from '../contract/states.ts'
import type { DriftTables } from './drift-tables.ts'
import type { PeopleTables } from './people-tables.ts'
import type { ReportTables } from './report-tables.ts'

/** timestamptz: read as Date, written as Date or ISO string. */
export type Timestamp = ColumnType<Date, Date | string | undefined, Date | string>
export type NullableTimestamp = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
type Json<T extends object | null> = ColumnType<T, string, string>

export type FrozenMigration = { version: string; name: string; file: string; checksum: string; transactional: boolean; prefixDigest: string; position: number }
/** What an onboarding item needs beside its target. */
export type OnboardOptions = { role: string; baseline: string | null; reservedRole: boolean }
/** What a repair does to each of its targets, and by what it is known to have done it. */
export type FrozenRepair = {
  shape: string
  letter: string | null
  version: string | null
  /** Of the history that a target must have. */
  digest: string
  script: string
  normId: number
  ignored: readonly Facet[]
  /** Keys of the shape's findings, and of those that stay. */
  before: readonly string[]
  left: readonly string[]
}

export type ControlTables = {
  setting: { key: string; value: Json<object> }
  server: {
    id: Generated<number>
    identity: string
    name: string
    version: string
    version_num: number
    max_connections: number
    reserved_connections: number
    budget: number
    created_at: Generated<Date>
  }
  database: {
    id: Generated<number>
    server_id: number
    name: string
    host: string
    port: number
    dbname: string
    username: string
    /** The direct one. */
    url_sealed: Buffer
    pooler_sealed: Buffer | null
    pooler_host: string | null
    pooler_port: number | null
    pooler_problem: string | null
    reachable: Generated<boolean>
    problem: string | null
    connections_used: number | null
    connections_ours: number | null
    connections_at: NullableTimestamp
    bytes: number | null
    checked_at: NullableTimestamp
    pool_swept_at: NullableTimestamp
    notes_since: NullableTimestamp
    notes_tried_at: NullableTimestamp
    notes_last_at: NullableTimestamp
    notes_problem: string | null
    created_at: Generated<Date>
  }
  migration_set: {
    id: Generated<number>
    name: string
    directory: string | null
    default_database_id: number | null
    seed_sql: string | null
    ignored_facets: Generated<Facet[]>
    synced_at: Timestamp
    created_at: Generated<Date>
  }
  migration_content: { checksum: string; sql: string }
  migration: {
    set_id: number
    version: string
    position: number
    name: string
    file: string
    checksum: string
    prefix_digest: string
    transactional: boolean
    down_sql: string | null
    findings: JSONColumnType<LintFinding[]>
  }
  tenant: {
    id: Generated<number>
    slug: string
    name: string
    hosts: Generated<string[]>
    labels: ColumnType<Record<string, string>, string | undefined, string>
    state: Generated<TenantState>
    created_at: Generated<Date>
    updated_at: Timestamp
  }
  target: {
    id: Generated<number>
    set_id: number
    database_id: number
    schema_name: string
    isolation: Isolation
    created_at: Generated<Date>
  }
  placement: {
    tenant_id: number
    set_id: number
    target_id: number
    isolation: Isolation
    role_name: string | null
    created_at: Generated<Date>
  }
  observation: {
    target_id: number
    observed_at: Timestamp
    version: string | null
    applied: Generated<number>
    digest: string | null
    version_state: VersionState
    pending: number | null
    remark: string | null
    bytes: number | null
    bytes_at: NullableTimestamp
    seen_id: number | null
    structure_at: NullableTimestamp
    structure_since: NullableTimestamp
    structure_after_run: number | null
  }
  audit: {
    id: Generated<number>
    at: Generated<Date>
    actor_kind: 'person' | 'cli' | 'system'
    actor_id: string | null
    actor_label: string
    action: string
    subject_kind: string
    subject: string
    details: ColumnType<Record<string, unknown>, string | undefined, string>
  }
  run: {
    id: Generated<number>
    kind: RunKind
    state: Generated<RunState>
    set_id: number
    to_version: string | null
    migrations: JSONColumnType<FrozenMigration[]>
    repair: ColumnType<FrozenRepair | null, string | null | undefined, never>
    norm_id: ColumnType<number | null, number | null | undefined, never>
    digest: string
    parent_run_id: number | null
    note: Generated<string>
    started_by: string
    max_concurrent: number | null
    failure_tolerance: string | null
    failures_allowed: number | null
    stop_reason: string | null
    revision: Generated<number>
    created_at: Generated<Date>
    started_at: NullableTimestamp
    finished_at: NullableTimestamp
    verified_at: NullableTimestamp
    verified_targets: number | null
    verified_mismatches: number | null
    verified_different: number | null
    held_until: NullableTimestamp
  }
  run_item: {
    run_id: number
    position: number
    /** Null once the target was forgotten with its database. */
    target_id: number | null
    database_name: string | null
    schema_name: string | null
    /** Null once the tenant was discarded; then `tenant_slug` says whose it was. */
    tenant_id: number | null
    tenant_slug: string | null
    server_id: number
    state: Generated<ItemState>
    revision: Generated<number>
    attempts: Generated<number>
    from_version: string | null
    to_version: string | null
    next_attempt_at: NullableTimestamp
    started_at: NullableTimestamp
    finished_at: NullableTimestamp
    duration_ms: number | null
    error: ColumnType<AttemptError | null, string | null, string | null>
    cause: string | null
    options: ColumnType<OnboardOptions | null, string | null, string | null>
    differs: Generated<boolean>
    /** Of a report: in nobody's way. */
    reads: Generated<boolean>
  }
  attempt: {
    run_id: number
    position: number
    number: number
    state: AttemptState
    started_at: Timestamp
    finished_at: Timestamp
    versions_applied: Generated<string[]>
    worker: string
    backend_pid: number | null
    claimed: Generated<boolean>
    error: ColumnType<AttemptError | null, string | null, string | null>
  }
  conductor: {
    server_id: number
    epoch: Generated<number>
    worker: string | null
    heartbeat_at: NullableTimestamp
    waiting_for: string | null
    waiting_since: NullableTimestamp
    at_once: number | null
    at_most: number | null
    pace_reason: PaceReason | null
  }
  pool: {
    set_id: number
    database_id: number
    size: number
    problem: string | null
    problem_of: string | null
    retry_at: NullableTimestamp
  }
  pool_schema: {
    id: Generated<number>
    set_id: number
    database_id: number
    schema_name: string
    digest: string
    seed: string
    state: Generated<PoolState>
    functions: Generated<number[]>
    extensions: Generated<string>
    claimed_run: number | null
    claimed_position: number | null
    made_at: Generated<Date>
  }
  worker: { name: string; started_at: Generated<Date>; heartbeat_at: Timestamp }
} & PeopleTables &
  DriftTables &
  ReportTables
