import type { ColumnType, Generated } from 'kysely'
import type { Selection } from '../contract/commands.ts'
import type { ReportMissing } from '../contract/reports.ts'

export type CollectedColumn = {
  readonly name: string
  readonly type: string
  /** Of a type of PostgreSQL's own, the same on every server; 0: values are kept as text. */
  readonly oid: number
  /** Told by a tenant in which text may have stood for a type that it lacks: text does at the others as well. */
  readonly isOpen?: true
}

export type FillColumn = {
  readonly name: string
  readonly type: string
  /** The type where there is no such one. */
  readonly instead: string
  /** The text may ask for it. */
  readonly isAsked: boolean
}

/** A table of the set's newest structure that a report's text names, with its columns in their order. */
export type FillTable = {
  readonly name: string
  /** Named without the tables that inherit from it. */
  readonly isOnly: boolean
  readonly columns: readonly FillColumn[]
}

type Written<T> = ColumnType<T, string, never>

export type ReportTables = {
  report_run: {
    run_id: number
    sql: string
    statement: string
    params: Written<Readonly<Record<string, string>>>
    columns: Written<readonly CollectedColumn[]>
    row_cap: number
    missing: Generated<ReportMissing>
    /** Null: tenants that lack something are named. */
    fill: ColumnType<readonly FillTable[] | null, string | null, never>
    row_count: Generated<number>
    expires_at: ColumnType<Date, Date | string, never>
    dropped_at: ColumnType<Date | null, never, Date>
    report_id: number | null
    selection: ColumnType<Selection | null, string | null, never>
    sampled_of: number | null
    is_as_saved: Generated<boolean>
    chain: ColumnType<number[], number[], never>
    figures_at: ColumnType<Date | null, never, Date | null>
  }
}
