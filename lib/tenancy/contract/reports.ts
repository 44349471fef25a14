/** Reports: one SELECT, written as if there were one tenant, answered by all. */
import { z } from 'zod'
import type { Actor } from './permissions.ts'
import { runId, selectionSchema, setName, startRunInput, storableText } from './commands.ts'
import type { RunState } from './states.ts'
import type { AttemptError } from './run-views.ts'

export const maxReportText = 100_000
export const usualRowCap = 100_000
export const maxRowCap = 5_000_000
export const maxReportPage = 1_000

const reportText = storableText.refine((text) => text.trim() !== '', 'must not be empty').max(maxReportText, `must be at most ${maxReportText} characters`)

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
  note: startRunInput.shape.note,
})
export type StartReportInput = z.output<typeof startReportInput>

export const checkReportInput = startReportInput.pick({ set: true, sql: true })
export const reportRowsInput = z.object({
  run: runId,
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

export type ReportRun = {
  readonly run: number
  readonly set: string
  readonly state: RunState
  readonly sql: string
  readonly params: Readonly<Record<string, string>>
  /** `tenant` first. */
  readonly columns: readonly ReportColumn[]
  readonly rows: number
  readonly tenants: number
  readonly answered: number
  /** Largest group first; empty while the run is open but for those that failed already. */
  readonly silent: readonly SilentTenants[]
  readonly startedBy: string
  readonly createdAt: string
  readonly finishedAt: string | null
  /** When its rows are dropped. */
  readonly expiresAt: string
  readonly isExpired: boolean
}

export type ReportRows = { readonly columns: readonly ReportColumn[]; readonly rows: readonly ReportRow[]; readonly total: number }

/** `isCut`: there were more rows than one answer holds. */
export type CombinedRows = { readonly columns: readonly ReportColumn[]; readonly rows: readonly ReportRow[]; readonly isCut: boolean }

export type Reports = {
  /** What is wrong with a report's text, without asking any tenant. @throws set.unknown */
  check(input: z.output<typeof checkReportInput>): Promise<ReportCheck>
  /** Asks one tenant what columns there are, then queues a run over all. @throws set.unknown, report.refused, report.params, report.columns, report.probe, run.no_targets */
  start(actor: Actor, input: StartReportInput): Promise<{ readonly run: number }>
  /** @throws report.unknown */
  get(run: number): Promise<ReportRun>
  /** A page of what was collected so far. @throws report.unknown, report.expired, report.lost, report.sort */
  rows(input: ReportRowsInput): Promise<ReportRows>
  /** All of them in order of slug, in pieces, leaving an audit row. @throws report.unknown, report.expired, report.lost */
  stream(actor: Actor, run: number): AsyncIterable<readonly ReportRow[]>
  /** A second SELECT, over `results` (the rows) and `tenants` (tenant, name, labels, database, bytes, version), leaving an audit row. @throws report.unknown, report.expired, report.lost, report.refused, report.combine, report.combine_role */
  combine(actor: Actor, input: CombineReportInput): Promise<CombinedRows>
}
