/** Reports: one SELECT, written as if there were one tenant, answered by all. */
import { z } from 'zod'
import type { Actor } from './permissions.ts'
import { runId, selectionSchema, setName, startRunInput, storableText, type Selection } from './commands.ts'
import type { ReportChart, SavedReports } from './saved-reports.ts'
import type { RunState } from './states.ts'
import type { AttemptError } from './run-views.ts'

export const maxReportText = 100_000
export const usualRowCap = 100_000
export const maxRowCap = 5_000_000
export const maxReportPage = 1_000

export const reportText = storableText
  .refine((text) => text.trim() !== '', 'must not be empty')
  .max(maxReportText, `must be at most ${maxReportText} characters`)

export const reportMissings = ['name', 'null'] as const
/** A tenant that lacks a column or table is named and does not answer, or answers with NULL in its place. */
export const reportMissing = z.enum(reportMissings, `is none of ${reportMissings.join(', ')}`)
export type ReportMissing = z.output<typeof reportMissing>

export const startReportInput = z.object({
  set: setName,
  sql: reportText,
  /** Values of the parameters by name, as text. */
  params: z.record(z.string().max(63), storableText.max(10_000)).default({}),
  selection: selectionSchema.default({ kind: 'all' }),
  maxConcurrent: startRunInput.shape.maxConcurrent,
  /** Rows that one tenant may answer with. */
  rowCap: z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(maxRowCap, `must be at most ${maxRowCap}`)
    .default(usualRowCap),
  missing: reportMissing.default('name'),
  /** Only so many of the tenants, of different structures, versions and databases: to see how a text does before all are asked. */
  sample: z.coerce.number('must be a whole number').int('must be a whole number').min(1, 'must be at least 1').max(100, 'must be at most 100').optional(),
  note: startRunInput.shape.note,
})
export type StartReportInput = z.output<typeof startReportInput>

export const usualKeptDays = 7
/** Days for which rows are kept that reports collect from now on. */
export const reportRetentionInput = z.object({
  days: z.coerce.number('must be a whole number').int('must be a whole number').min(1, 'must be at least 1').max(365, 'must be at most 365'),
})
export type ReportRetention = z.output<typeof reportRetentionInput>

export const checkReportInput = startReportInput.pick({ set: true, sql: true })
export const reportRunsInput = z.object({
  /** Of this saved report alone. */
  report: z.coerce.number().int().positive().optional(),
  /** Runs before this one: the next page. */
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(20),
})
export type ReportRunsInput = z.output<typeof reportRunsInput>
export const reportFilterKinds = ['contains', 'equals', 'null'] as const
/** Rows in which the column, as text, holds or is the value, whatever its case; or is NULL. Without a column: any of them. */
export const reportFilter = z.object({
  column: storableText.max(63).optional(),
  kind: z.enum(reportFilterKinds, `is none of ${reportFilterKinds.join(', ')}`).default('contains'),
  value: storableText.max(1_000, 'must be at most 1000 characters').default(''),
})
export type ReportFilter = z.output<typeof reportFilter>
export const reportRowsInput = z.object({
  run: runId,
  filter: reportFilter.optional(),
  /** A column of the report; absent: as the tenants answered, in order of slug. */
  sort: storableText.max(63).optional(),
  descending: z.boolean('is neither true nor false').default(false),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(maxReportPage).default(100),
})
export type ReportRowsInput = z.output<typeof reportRowsInput>
export const combineReportInput = z.object({ run: runId, sql: reportText })
export type CombineReportInput = z.output<typeof combineReportInput>

/** `type` in PostgreSQL's words: `numeric`, `timestamp with time zone`, `text`. */
export type ReportColumn = { readonly name: string; readonly type: string }

/** Declared in the head comments: `-- :from date = 2026-01-01`. `default` null: a value must be given. */
export type ReportParam = { readonly name: string; readonly type: string; readonly default: string | null }

/** Why a text is no report; 1-based place in it. */
export type ReportProblem = { readonly code: string; readonly line: number; readonly column: number; readonly message: string }

export type ReportCheck = { readonly params: readonly ReportParam[]; readonly problems: readonly ReportProblem[] }

/** Values as PostgreSQL writes them, exactly; null is NULL. */
export type ReportRow = ReadonlyArray<string | null>

/** Tenants that did not answer, for one reason. */
export type SilentTenants = { readonly code: string; readonly message: string; readonly example: AttemptError | null; readonly slugs: readonly string[] }

/** What a tenant's structure has not of what a report names; `columns` null: the whole table. */
export type ReportLack = { readonly table: string; readonly columns: readonly string[] | null }

/** "column employees.bonus", "table invoices" */
export const lackNames = (lacks: readonly ReportLack[]): readonly string[] =>
  lacks.flatMap(({ table, columns }) => (columns === null ? [`table ${table}`] : columns.map((column) => `column ${table}.${column}`)))

/** Tenants that answered without the same: with NULL for a column, no rows for a table. */
export type FilledTenants = { readonly lacks: readonly ReportLack[]; readonly slugs: readonly string[] }

/** The saved report that a run is of; null: of none, or of one that was deleted. */
export type ReportName = { readonly id: number; readonly name: string }

/** A run in a list. One that asked the silent tenants of another again counts the tenants and rows of both. */
export type ReportRunRow = {
  readonly run: number
  readonly set: string
  readonly report: ReportName | null
  readonly state: RunState
  readonly rows: number
  readonly tenants: number
  /** Out of how many the tenants were taken as a sample; null: they are all that were meant. */
  readonly sampledOf: number | null
  readonly answered: number
  readonly startedBy: string
  readonly note: string
  readonly createdAt: string
  readonly finishedAt: string | null
  /** When its rows are dropped. */
  readonly expiresAt: string
  readonly isExpired: boolean
  /** Whose silent tenants it asked again. */
  readonly parentRun: number | null
}

export type ReportRun = ReportRunRow & {
  readonly sql: string
  readonly params: Readonly<Record<string, string>>
  /** Null: not known, of a run of an earlier release. */
  readonly selection: Selection | null
  readonly rowCap: number
  readonly missing: ReportMissing
  /** `tenant` first. */
  readonly columns: readonly ReportColumn[]
  /** Largest group first; empty while the run is open but for those that failed already. */
  readonly silent: readonly SilentTenants[]
  /** Largest group first. */
  readonly filled: readonly FilledTenants[]
  /** Tenants that were named and not asked: they were not active then, or are not of this set. */
  readonly leftOut: readonly string[]
  /** Runs that asked its silent tenants again. */
  readonly childRuns: readonly number[]
  /** What its saved report made of the rows when it was started, whatever it says by now; null: it is of none. */
  readonly asSaved: { readonly combine: string | null; readonly chart: ReportChart | null } | null
}

/** `total`: of those that the filter lets through. */
export type ReportRows = { readonly columns: readonly ReportColumn[]; readonly rows: readonly ReportRow[]; readonly total: number }

/** `isCut`: there were more rows than one answer holds. */
export type CombinedRows = { readonly columns: readonly ReportColumn[]; readonly rows: readonly ReportRow[]; readonly isCut: boolean }
/** Some of them, in order; the first one may hold none. */
export type CombinedPiece = Pick<CombinedRows, 'columns' | 'rows'>

/** What a SELECT may name: the tables and views of the set's newest version. */
export type ReportTable = { readonly name: string; readonly kind: 'table' | 'view'; readonly columns: readonly ReportColumn[] }
/** Without tables where nothing is known yet: no structure of the set was looked at. */
export type ReportStructure = { readonly version: string | null; readonly tables: readonly ReportTable[] }

/** Results are for whoever may read reports; support reads those of saved reports that it may run, and is refused all others (report.not_yours). */
export type Reports = {
  readonly saved: SavedReports
  readonly retention: {
    get(): Promise<ReportRetention>
    /** For reports that begin from now on. */
    set(actor: Actor, input: ReportRetention): Promise<void>
  }
  /** What is wrong with a report's text, without asking any tenant. @throws set.unknown */
  check(input: z.output<typeof checkReportInput>): Promise<ReportCheck>
  /** Asks one tenant what columns there are, then queues a run over all. @throws set.unknown, report.refused, report.params, report.columns, report.probe, report.none_active, run.no_targets */
  start(actor: Actor, input: StartReportInput): Promise<{ readonly run: number }>
  /** For completion while one writes. @throws set.unknown */
  structure(set: string): Promise<ReportStructure>
  /** Newest first. */
  runs(actor: Actor, input: ReportRunsInput): Promise<{ readonly rows: readonly ReportRunRow[]; readonly next: number | null }>
  /** @throws report.unknown, report.not_yours */
  get(actor: Actor, run: number): Promise<ReportRun>
  /** A page of what was collected so far; who looks leaves an audit row, once an hour. @throws report.unknown, report.not_yours, report.expired, report.lost, report.sort */
  rows(actor: Actor, input: ReportRowsInput): Promise<ReportRows>
  /** All of them in order of slug, in pieces, leaving an audit row. @throws report.unknown, report.not_yours, report.expired, report.lost */
  stream(actor: Actor, run: number): AsyncIterable<readonly ReportRow[]>
  /** What is wrong with a second SELECT, before there is anything to combine. @throws report.refused */
  checkCombining(sql: string): Promise<void>
  /** As much as a screen takes of a second SELECT, over `results` (the rows) and `tenants` (tenant, name, labels, database, bytes, version), leaving an audit row. @throws report.unknown, report.not_yours, report.expired, report.lost, report.refused, report.combine, report.combine_role */
  combine(actor: Actor, input: CombineReportInput): Promise<CombinedRows>
  /** The same, all of it in pieces; a piece at least. @throws as `combine`, and report.combine_many behind as many rows as there may be */
  streamCombined(actor: Actor, input: CombineReportInput): AsyncIterable<CombinedPiece>
}
