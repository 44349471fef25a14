import { isDeepStrictEqual } from 'node:util'
import { may, type Actor } from '../../contract/permissions.ts'
import type { StartSavedReportInput } from '../../contract/saved-reports.ts'
import type { Library } from '../../context.ts'
import { startReport } from '../start.ts'
import { findStored } from './stored.ts'

/** @throws report.saved_unknown, report.not_yours, and what startReport throws */
export const startSaved = async (library: Library, actor: Actor, input: StartSavedReportInput): Promise<{ readonly run: number }> => {
  const stored = await findStored(library.control.db, actor, input.report, 'run')
  const { id, name, set, sql, rowCap, missing } = stored
  const params = { ...stored.params, ...input.params }
  const selection = input.selection ?? stored.selection
  const isAsSaved = input.sample === undefined && isDeepStrictEqual([params, selection], [stored.params, stored.selection])
  const asked = {
    set,
    sql,
    rowCap,
    missing,
    params,
    selection,
    sample: input.sample,
    // How much of a server is taken is for those who start rollouts.
    maxConcurrent: may(actor.role, 'runs.start') ? input.maxConcurrent : undefined,
    note: input.note,
  }
  return startReport(library, actor, asked, { id, name, isAsSaved })
}
