import type { ColumnType, Generated } from 'kysely'
import type { Selection } from '../contract/commands.ts'

/** `oid`: of a type of PostgreSQL's own, the same on every server; 0: values are kept as text. */
export type CollectedColumn = { readonly name: string; readonly type: string; readonly oid: number }

type Written<T> = ColumnType<T, string, never>

export type ReportTables = {
  report_run: {
    run_id: number
    sql: string
    statement: string
    params: Written<Readonly<Record<string, string>>>
    columns: Written<readonly CollectedColumn[]>
    row_cap: number
    row_count: Generated<number>
    expires_at: ColumnType<Date, Date | string, never>
    dropped_at: ColumnType<Date | null, never, Date>
    report_id: number | null
    selection: ColumnType<Selection | null, string | null, never>
    is_as_saved: Generated<boolean>
    chain: ColumnType<number[], number[], never>
    figures_at: ColumnType<Date | null, never, Date | null>
  }
}
