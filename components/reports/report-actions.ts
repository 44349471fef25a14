import type {
  ChangeReportInput,
  CommandResult,
  ReportFigure,
  ReportFiguresInput,
  ReportMissing,
  ReportName,
  ReportSchedule,
  ReportScheduleInput,
  RestoreReportInput,
  SavedReportContent,
  Selection,
  StartSavedReportInput,
} from '@/lib/tenancy/contract'

type StartInput = {
  readonly set: string
  readonly sql: string
  readonly params: Record<string, string>
  readonly selection: Selection
  readonly missing: ReportMissing
  readonly sample?: number | undefined
  readonly note?: string
}
type Started = Promise<CommandResult<{ readonly run: number }>>

export type StartReport = (input: StartInput) => Started
export type CreateReport = (input: SavedReportContent) => Promise<CommandResult<ReportName>>
export type ChangeReport = (input: ChangeReportInput) => Promise<CommandResult<{ readonly revision: number }>>

/** The server actions of a saved report, given by the page. */
export type SavedReportActions = {
  readonly start: StartReport
  readonly startSaved: (input: Omit<StartSavedReportInput, 'note' | 'maxConcurrent'>) => Started
  readonly create: CreateReport
  readonly change: ChangeReport
  readonly restore: (input: RestoreReportInput) => Promise<CommandResult<{ readonly revision: number }>>
  readonly setSchedule: (input: ReportScheduleInput) => Promise<CommandResult<ReportSchedule | null>>
  readonly setFigures: (input: ReportFiguresInput) => Promise<CommandResult<readonly ReportFigure[]>>
  readonly remove: (input: { report: number }) => Promise<CommandResult<void>>
}
