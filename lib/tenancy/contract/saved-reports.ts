/** Reports that are kept with a name: their edits, who may run and change them, schedules, figures. */
import { z } from 'zod'
import { setName, startRunInput, storableText, type Selection } from './commands.ts'
import type { Actor } from './permissions.ts'
import { reportText, startReportInput, type ReportName, type ReportParam, type ReportRunRow } from './reports.ts'

export const reportRunners = ['operator', 'support'] as const
export type ReportRunner = (typeof reportRunners)[number]
export const reportChangers = ['owner', 'operators'] as const
export type ReportChanger = (typeof reportChangers)[number]

export const savedReportId = z.coerce.number('must be a whole number').int('must be a whole number').positive('must be a positive number')
const revision = z.coerce.number('must be a whole number').int('must be a whole number').positive('must be a positive number')

export const savedReportName = storableText
  .trim()
  .min(1, 'must not be empty')
  .max(120, 'must be at most 120 characters')
  .refine((name) => !/\p{Cc}/u.test(name), 'must be one line')

const maxChart = 4_000
/** How it is drawn: the page's own. */
const chart = z.record(z.string(), z.json()).refine((value) => JSON.stringify(value).length <= maxChart, `must be at most ${maxChart} characters of JSON`)
export type ReportChart = z.output<typeof chart>

/** All that an edit changes, and that the history keeps. */
export const savedReportContent = z.object({
  name: savedReportName,
  description: storableText.trim().max(2_000, 'must be at most 2000 characters').default(''),
  set: setName,
  sql: reportText,
  /** A second SELECT over the rows that came back. */
  combine: reportText.nullable().default(null),
  chart: chart.nullable().default(null),
  /** Values that it runs with where none are given; a parameter without one and without a default must be given each time. */
  params: startReportInput.shape.params,
  selection: startReportInput.shape.selection,
  rowCap: startReportInput.shape.rowCap,
  missing: startReportInput.shape.missing,
  /** Beside admins. Support sees the results of those that it may run, and no others. */
  runnableBy: z
    .array(z.enum(reportRunners, `is none of ${reportRunners.join(', ')}`))
    .max(reportRunners.length)
    .default([]),
  /** Beside admins: its owner alone, or all operators. */
  changeableBy: z.enum(reportChangers, `is none of ${reportChangers.join(', ')}`).default('owner'),
})
export type SavedReportContent = z.output<typeof savedReportContent>

export const savedReportInput = z.object({ report: savedReportId })
/** `revision`: the one that was changed; refused when somebody else has saved meanwhile. */
export const changeReportInput = savedReportContent.extend({ report: savedReportId, revision })
export type ChangeReportInput = z.output<typeof changeReportInput>
export const restoreReportInput = z.object({ report: savedReportId, revision, /** The revision to bring back. */ edit: revision })
export type RestoreReportInput = z.output<typeof restoreReportInput>

export const startSavedReportInput = z.object({
  report: savedReportId,
  /** In place of its own values, for this once. */
  params: startReportInput.shape.params.unwrap().optional(),
  /** In place of its own tenants, for this once. */
  selection: startReportInput.shape.selection.unwrap().optional(),
  sample: startReportInput.shape.sample,
  maxConcurrent: startRunInput.shape.maxConcurrent,
  note: startRunInput.shape.note,
})
export type StartSavedReportInput = z.output<typeof startSavedReportInput>

/** When it runs by itself: cron of five parts, in a time zone of the IANA's. */
export const reportScheduleInput = z.object({
  report: savedReportId,
  /** Null: no longer. */
  schedule: z
    .object({
      cron: storableText.trim().min(1, 'must not be empty').max(100, 'must be at most 100 characters'),
      timezone: storableText.trim().min(1, 'must not be empty').max(64, 'must be at most 64 characters').default('UTC'),
      enabled: z.boolean('is neither true nor false').default(true),
    })
    .nullable(),
})
export type ReportScheduleInput = z.output<typeof reportScheduleInput>
export const reportTimesInput = reportScheduleInput.shape.schedule.unwrap().pick({ cron: true, timezone: true })

export const figureSources = ['combined', 'rows'] as const
export const figureAggregates = ['count', 'sum', 'avg', 'min', 'max'] as const
export const figureLines = ['above', 'below'] as const
export const maxFigures = 10
const columnName = storableText.min(1, 'must not be empty').max(63)
/** A number that each run comes to: a column of the first combined row, or an aggregate of a column over all rows. */
export const reportFigure = z
  .object({
    name: storableText.trim().min(1, 'must not be empty').max(80, 'must be at most 80 characters'),
    source: z.enum(figureSources, `is none of ${figureSources.join(', ')}`),
    aggregate: z
      .enum(figureAggregates, `is none of ${figureAggregates.join(', ')}`)
      .nullable()
      .default(null),
    /** Null: rows are counted. */
    column: columnName.nullable().default(null),
    /** Shown on the page of the fleet. */
    isPinned: z.boolean('is neither true nor false').default(false),
    /** Beyond it the figure alerts. */
    line: z
      .object({
        kind: z.enum(figureLines, `is none of ${figureLines.join(', ')}`),
        value: storableText.trim().regex(/^[+-]?\d{1,30}(\.\d{1,20})?$/, 'is not a number, such as 12.5'),
      })
      .nullable()
      .default(null),
  })
  .refine(({ source, aggregate }) => (source === 'rows') === (aggregate !== null), {
    path: ['aggregate'],
    error: 'is needed for rows, and is not for what is combined',
  })
  .refine(({ aggregate, column }) => column !== null || aggregate === 'count', { path: ['column'], error: 'is needed, unless rows are counted' })
export type ReportFigureInput = z.output<typeof reportFigure>
export const reportFiguresInput = z.object({
  report: savedReportId,
  /** Ids of the figures that were looked at; refused when others have come or gone meanwhile, whose values would go. */
  known: z.array(savedReportId).max(100),
  /** All of them: one that is not named any more goes with its values. */
  figures: z
    .array(reportFigure)
    .max(maxFigures, `at most ${maxFigures} figures`)
    .refine((figures) => new Set(figures.map(({ name }) => name)).size === figures.length, 'must have a name each'),
})
export type ReportFiguresInput = z.output<typeof reportFiguresInput>

export type ReportSchedule = {
  readonly cron: string
  readonly timezone: string
  readonly enabled: boolean
  /** Null: never again, or switched off. */
  readonly nextAt: string | null
  readonly setBy: string
  /** The last time that it was due, and what came of it. */
  readonly lastAt: string | null
  readonly lastRun: number | null
  /** Why it was not started then. */
  readonly lastProblem: string | null
}

/** What a run came to; of `answered` of its `tenants`. */
export type FigureValue = {
  readonly run: number
  readonly at: string
  /** As PostgreSQL writes it; null: there was none. */
  readonly value: string | null
  /** The line that the figure has now. */
  readonly isBeyond: boolean
  readonly problem: string | null
  readonly answered: number
  readonly tenants: number
}

export type ReportFigure = ReportFigureInput & {
  readonly id: number
  /** Since when it has been beyond the line, as far as whoever asks may read its runs; a value that not all tenants have answered for begins an alert and ends none. */
  readonly alertingSince: string | null
  /** Oldest first; of the runs whose results whoever asks may see. */
  readonly trend: readonly FigureValue[]
}

export type PinnedFigure = ReportFigure & { readonly report: ReportName }

export type ReportEdit = {
  readonly revision: number
  readonly at: string
  readonly by: string
  readonly content: SavedReportContent
  /** The revision that it brought back. */
  readonly restored: number | null
}

/** What whoever asks may do with it. */
export type SavedReportRights = {
  readonly mayRun: boolean
  readonly mayChange: boolean
  /** Who may run and change it, and deleting it. */
  readonly mayShare: boolean
}

export type SavedReportRow = ReportName &
  SavedReportRights & {
    readonly description: string
    readonly set: string
    readonly owner: string
    readonly runnableBy: readonly ReportRunner[]
    readonly changeableBy: ReportChanger
    readonly revision: number
    readonly updatedAt: string
    readonly updatedBy: string
    readonly lastRun: ReportRunRow | null
    readonly schedule: ReportSchedule | null
  }

export type SavedReport = SavedReportRow &
  Pick<SavedReportContent, 'sql' | 'combine' | 'chart' | 'params' | 'rowCap' | 'missing'> & {
    readonly selection: Selection
    /** What its text takes. */
    readonly declared: readonly ReportParam[]
    readonly figures: readonly ReportFigure[]
  }

/** Admins may do all; others what the report says, else report.not_yours. Support does not see those that it may not run. */
export type SavedReports = {
  /** By name. */
  list(actor: Actor): Promise<readonly SavedReportRow[]>
  /** By its id or its name. @throws report.saved_unknown, report.not_yours */
  get(actor: Actor, report: number | string): Promise<SavedReport>
  /** The first revision. @throws set.unknown, report.refused, report.params, report.exists */
  create(actor: Actor, input: SavedReportContent): Promise<ReportName>
  /** A new revision. @throws report.saved_unknown, report.not_yours, report.changed, set.unknown, report.refused, report.params, report.exists */
  change(actor: Actor, input: ChangeReportInput): Promise<{ readonly revision: number }>
  /** An earlier revision as a new one. @throws report.saved_unknown, report.not_yours, report.changed, report.edit_unknown, report.refused, report.params, report.exists */
  restore(actor: Actor, input: RestoreReportInput): Promise<{ readonly revision: number }>
  /** Its runs stay, with their rows. @throws report.saved_unknown, report.not_yours */
  remove(actor: Actor, report: number): Promise<void>
  /** Newest first. @throws report.saved_unknown, report.not_yours */
  history(actor: Actor, report: number): Promise<readonly ReportEdit[]>
  /** From now on it runs by itself, as the system, on behalf of its owner. @throws report.saved_unknown, report.not_yours, report.cron */
  setSchedule(actor: Actor, input: ReportScheduleInput): Promise<ReportSchedule | null>
  /** When a schedule would come next, five times. @throws report.cron */
  times(input: z.output<typeof reportTimesInput>): Promise<readonly string[]>
  /** @throws report.saved_unknown, report.not_yours, report.figures_changed, report.figure */
  setFigures(actor: Actor, input: ReportFiguresInput): Promise<readonly ReportFigure[]>
  /** Those that stand on the page of the fleet, and those that alert; of reports that the actor sees. */
  pinned(actor: Actor): Promise<readonly PinnedFigure[]>
  /** Queues a run with its text. @throws report.saved_unknown, report.not_yours, and what reports.start throws */
  start(actor: Actor, input: StartSavedReportInput): Promise<{ readonly run: number }>
}
