/** A second SELECT, over what the tenants have answered: as much of its answer as a screen takes, or all. */
import type { Actor } from '../contract/permissions.ts'
import type { CombinedPiece, CombinedRows, CombineReportInput, ReportRow } from '../contract/reports.ts'
import { appendAudit } from '../control/audit.ts'
import type { Library } from '../context.ts'
import { TenancyError } from '../errors.ts'
import { placeOf } from '../sql/statements.ts'
import { checkReport, requireGood } from './check/check-report.ts'
import { mostRowsOfAll } from './collector.ts'
import { combinedChunks, combinedTables } from './combine-cage.ts'
import { requireReadable } from './access.ts'
import { requireRows } from './head.ts'
import { exportMs, patienceMs, takeTurn } from './rows.ts'
import { Turns } from './turns.ts'

const mostRows = 10_000
const mostBytes = 32 * 1024 * 1024

/** @throws report.refused */
export const requireCombining = async (text: string): Promise<string> => {
  const { problems, params, called, source, select } = await checkReport(text, combinedTables)
  const foreign = called.map(({ name, offset }) => ({
    code: 'function',
    ...placeOf(source, offset),
    message: `${name}() is none of the functions that a report may call.`,
  }))
  const declared = params.map(() => ({ code: 'parameter', line: 1, column: 1, message: 'A combining SELECT takes no parameters: what it reads is there.' }))
  requireGood({ problems: [...problems, ...foreign, ...declared.slice(0, 1)] })
  return select
}

const firstRows = async ({ control }: Pick<Library, 'control'>, run: number, select: string): Promise<CombinedRows> => {
  let found: CombinedRows = { columns: [], rows: [], isCut: false }
  const rows: ReportRow[] = []
  let bytes = 0
  for await (const chunk of combinedChunks(control, { run, select, idleMs: patienceMs })) {
    rows.push(...chunk.rows)
    bytes += chunk.bytes
    found = { columns: chunk.columns, rows: rows.slice(0, mostRows), isCut: !chunk.isLast || rows.length > mostRows }
    if (rows.length > mostRows || bytes >= mostBytes) break
  }
  return found
}

/** Each has a connection to the control database, and a core of its server, for as long as it may take. */
const turns = new Turns(4, 20_000)
/** What runs come to is worked out beside what people ask, and not behind it. */
export const figureTurns = new Turns(1, 90_000)

/** A SELECT that was checked, in its cage. @throws report.combine, report.combine_role, report.busy */
export const combineSelect = async (library: Pick<Library, 'control'>, run: number, select: string, inTurn: Turns = turns): Promise<CombinedRows> =>
  inTurn.run(() => firstRows(library, run, select))

/** @returns what is asked for, once whoever asks was let to it and stands in the audit */
const allow = async ({ control: { db } }: Pick<Library, 'control'>, actor: Actor, { run, sql: text }: CombineReportInput): Promise<string> => {
  const select = await requireCombining(text)
  await requireReadable(db, actor, run)
  const { set, rows } = await requireRows(db, run)
  await appendAudit(db, { actor, action: 'reports.export', subjectKind: 'run', subject: String(run), details: { set, rows, combine: text } })
  return select
}

/** @throws report.unknown, report.not_yours, report.expired, report.lost, report.refused, report.combine, report.combine_role, report.busy */
export const combineReport = async (library: Library, actor: Actor, input: CombineReportInput): Promise<CombinedRows> =>
  combineSelect(library, input.run, await allow(library, actor, input))

type Bounds = { readonly idleMs: number; readonly mostRows: number }

const pieceRows = 1_000
const pieceBytes = 4 * 1024 * 1024

/** @throws report.unknown, report.not_yours, report.expired, report.lost, report.refused, report.combine, report.combine_many, report.combine_role, report.busy, report.slow */
export async function* streamCombined(
  library: Pick<Library, 'control'>,
  actor: Actor,
  input: CombineReportInput,
  bounds: Bounds = { idleMs: patienceMs, mostRows: mostRowsOfAll },
): AsyncGenerator<CombinedPiece> {
  const select = await allow(library, actor, input)
  const { run } = input
  const giveBack = await takeTurn(actor)
  try {
    const until = Date.now() + exportMs
    let left = bounds.mostRows
    let rows: ReportRow[] = []
    let bytes = 0
    for await (const chunk of combinedChunks(library.control, { run, select, idleMs: bounds.idleMs })) {
      if (Date.now() > until) throw new TenancyError('report.slow', { run, seconds: exportMs / 1_000, problem: 'they were taken too slowly' })
      rows.push(...chunk.rows.slice(0, left))
      bytes += chunk.bytes
      const isCut = chunk.rows.length > left
      left -= Math.min(left, chunk.rows.length)
      if (chunk.isLast || isCut || rows.length >= pieceRows || bytes >= pieceBytes) {
        yield { columns: chunk.columns, rows }
        rows = []
        bytes = 0
      }
      if (isCut) throw new TenancyError('report.combine_many', { run, most: bounds.mostRows })
    }
  } finally {
    giveBack()
  }
}
