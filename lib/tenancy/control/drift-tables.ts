/** Structures, references and what is found between them, as Kysely sees them. */
import type { ColumnType, Generated } from 'kysely'
import type { DriftState, Finding, Severity } from '../contract/drift.ts'
import type { Fingerprints, StructureObject } from '../contract/structure.ts'
import type { AttemptError } from '../contract/views.ts'

type Json<T> = ColumnType<T, string, string>
type Time = ColumnType<Date, Date | string | undefined, Date | string>
type OptionalTime = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>

export type DriftTables = {
  structure: {
    id: Generated<number>
    fingerprint: string
    facets: Json<Fingerprints>
    objects: Json<StructureObject[]>
    uncompared: Json<string[]>
    made_at: Generated<Date>
  }
  structure_trace: { format: number; server_major: number; trace: string; structure_id: number; used_on: Generated<string> }
  reference: {
    set_id: number
    database_id: number
    digest: string
    server_major: number
    format: number
    structure_id: number | null
    problem: ColumnType<AttemptError | null, string | null, string | null>
    made_at: Time
  }
  seen_structure: {
    id: Generated<number>
    set_id: number
    database_id: number
    server_major: number
    digest: string
    version: string | null
    structure_id: number
    norm_id: number | null
    compared: string | null
    findings: ColumnType<Finding[], string | undefined, string>
    shape: Generated<string>
    letter: string | null
    state: Generated<DriftState>
    severity: Severity | null
    accepted_until: OptionalTime
    problem: string | null
  }
  drift_acceptance: {
    id: Generated<number>
    set_id: number
    finding: string
    sentence: string
    reason: string
    accepted_by: string
    accepted_at: Time
    until: OptionalTime
    ended_at: OptionalTime
    ended_by: string | null
  }
  outside_change: {
    id: Generated<number>
    target_id: number
    note: number
    at: Time
    heard_at: Time
    username: string
    application: string
    client: string | null
    command: string
    object: string
  }
  finding_since: { target_id: number; finding: string; since: Time; after_run: number | null }
  drift_day: { set_id: number; day: string; compared: number; drifted: number }
}
