/** Saving reports: each edit is a revision that is kept, and nobody's is overwritten unseen. */
import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import { may, type Actor } from '../../contract/permissions.ts'
import type { ReportName } from '../../contract/reports.ts'
import type { ChangeReportInput, RestoreReportInput, SavedReportContent } from '../../contract/saved-reports.ts'
import type { Library } from '../../context.ts'
import { appendAudit } from '../../control/audit.ts'
import type { ControlDb } from '../../control/db.ts'
import { TenancyError } from '../../errors.ts'
import { findSet } from '../../runs/freeze.ts'
import { codeOf, sqlstate } from '../../sql/sqlstate.ts'
import { checkReport, requireGood, requireValues } from '../check/check-report.ts'
import { requireCombining } from '../combine.ts'
import { contentOf, editContent, findStored, holdReport, requireRight, rightsOf, type Stored } from './stored.ts'

/** That it could be started, as far as that is known without asking a tenant. @throws report.refused, report.params */
const requireSound = async ({ sql: text, params, combine }: SavedReportContent): Promise<void> => {
  const checked = await checkReport(text)
  requireGood(checked)
  requireValues(checked, params)
  if (combine !== null) await requireCombining(combine)
}

const isTaken = (error: unknown): boolean =>
  codeOf(error) === sqlstate.uniqueViolation && error instanceof Error && Reflect.get(error, 'constraint') === 'saved_report_name'

/** @throws report.exists */
const naming = async <T>(name: string, write: () => Promise<T>): Promise<T> => {
  try {
    return await write()
  } catch (error) {
    throw isTaken(error) ? new TenancyError('report.exists', { name }, error) : error
  }
}

const keepEdit = async (
  trx: ControlDb,
  actor: Actor,
  report: number,
  revision: number,
  content: SavedReportContent,
  restored: number | null,
): Promise<void> => {
  await sql`
    insert into saved_report_edit (report_id, revision, by, content, restored)
    values (${report}, ${revision}, ${actor.label}, ${JSON.stringify(contentOf(content))}::jsonb, ${restored})`.execute(trx)
}

/** @throws report.not_yours, set.unknown, report.refused, report.params, report.exists */
export const createSaved = async ({ control: { db } }: Library, actor: Actor, content: SavedReportContent): Promise<ReportName> => {
  if (!may(actor.role, 'reports.run'))
    throw new TenancyError('report.not_yours', { what: 'Saving a new report', role: actor.role, remedy: 'Ask an admin to save it.' })
  await requireSound(content)
  const { name, description, combine, params, selection, rowCap, missing, runnableBy, changeableBy } = content
  return naming(name, () =>
    db.transaction().execute(async (trx) => {
      const set = await findSet(trx, content.set)
      const { rows } = await sql<{ id: number }>`
        insert into saved_report (name, description, set_id, sql, combine, chart, params, selection, row_cap, missing, runnable_by, changeable_by, owner_id, owner, updated_by)
        values (${name}, ${description}, ${set.id}, ${content.sql}, ${combine}, ${content.chart && JSON.stringify(content.chart)}::jsonb, ${JSON.stringify(params)}::jsonb,
          ${JSON.stringify(selection)}::jsonb, ${rowCap}, ${missing}, ${[...new Set(runnableBy)]}::text[], ${changeableBy}, ${actor.kind === 'person' ? actor.id : null}, ${actor.label}, ${actor.label})
        returning id`.execute(trx)
      const id = rows[0]?.id
      if (id === undefined) throw new Error('the report was not saved')
      await keepEdit(trx, actor, id, 1, content, null)
      await appendAudit(trx, { actor, action: 'reports.save', subjectKind: 'report', subject: name, details: { id, revision: 1, ...contentOf(content) } })
      return { id, name }
    }),
  )
}

/** What is asked, beside how it is shown. */
const askedOf = ({ set, sql: text, params, selection, rowCap, missing }: SavedReportContent): readonly unknown[] => [
  set,
  text,
  params,
  selection,
  rowCap,
  missing,
]

/** It runs as the system: what somebody wrote who may not run it himself waits for somebody who may say so. */
const stopSchedule = async (trx: ControlDb, actor: Actor, stored: Stored, content: SavedReportContent): Promise<void> => {
  if (rightsOf(actor, stored).mayRun || isDeepStrictEqual(askedOf(content), askedOf(stored))) return
  const problem = `It was switched off: ${actor.label}, who may not run it, has changed what it asks. An admin switches it on again.`
  await sql`update report_schedule set enabled = false, last_problem = ${problem} where report_id = ${stored.id} and enabled`.execute(trx)
}

type Saving = { readonly actor: Actor; readonly action: string; readonly restored: number | null }

const saveOver = async (
  trx: ControlDb,
  stored: Stored,
  content: SavedReportContent,
  { actor, action, restored }: Saving,
): Promise<{ readonly revision: number }> => {
  const set = await findSet(trx, content.set)
  const { rows } = await sql<{ revision: number }>`
    update saved_report set name = ${content.name}, description = ${content.description}, set_id = ${set.id}, sql = ${content.sql}, combine = ${content.combine},
      chart = ${content.chart && JSON.stringify(content.chart)}::jsonb, params = ${JSON.stringify(content.params)}::jsonb, selection = ${JSON.stringify(content.selection)}::jsonb,
      row_cap = ${content.rowCap}, missing = ${content.missing}, runnable_by = ${[...new Set(content.runnableBy)]}::text[], changeable_by = ${content.changeableBy}, revision = revision + 1,
      updated_at = now(), updated_by = ${actor.label}
    where id = ${stored.id} returning revision`.execute(trx)
  const revision = rows[0]?.revision ?? 0
  await keepEdit(trx, actor, stored.id, revision, content, restored)
  await stopSchedule(trx, actor, stored, content)
  const before = stored.name === content.name ? {} : { before: stored.name }
  const details = { id: stored.id, revision, ...before, ...(restored === null ? {} : { restored }), ...contentOf(content) }
  await appendAudit(trx, { actor, action, subjectKind: 'report', subject: content.name, details })
  return { revision }
}

/** @throws report.changed */
const requireUnchanged = ({ name, revision: now, updatedBy }: Stored, revision: number): void => {
  if (now !== revision) throw new TenancyError('report.changed', { name, by: updatedBy, now, revision })
}

const sharingOf = ({ runnableBy, changeableBy }: SavedReportContent): string => JSON.stringify([[...new Set(runnableBy)].toSorted(), changeableBy])

/** @throws report.saved_unknown, report.not_yours, report.changed, set.unknown, report.refused, report.params, report.exists */
export const changeSaved = async (
  { control: { db } }: Library,
  actor: Actor,
  { report, revision, ...content }: ChangeReportInput,
): Promise<{ readonly revision: number }> => {
  await findStored(db, actor, report, 'change')
  await requireSound(content)
  return naming(content.name, () =>
    db.transaction().execute(async (trx) => {
      const stored = await findStored(trx, actor, report, 'change', holdReport)
      requireUnchanged(stored, revision)
      if (sharingOf(content) !== sharingOf(stored)) requireRight(actor, stored, 'share')
      return saveOver(trx, stored, content, { actor, action: 'reports.change', restored: null })
    }),
  )
}

/** Who may run and change it stays as it is now. @throws report.saved_unknown, report.not_yours, report.changed, report.edit_unknown, report.refused, report.params, report.exists */
export const restoreSaved = async (
  { control: { db } }: Library,
  actor: Actor,
  { report, revision, edit }: RestoreReportInput,
): Promise<{ readonly revision: number }> => {
  const now = await findStored(db, actor, report, 'change')
  const { rows } = await sql<{
    content: SavedReportContent
  }>`select ${editContent} as content from saved_report_edit where report_id = ${report} and revision = ${edit}`.execute(db)
  const [found] = rows
  if (!found) throw new TenancyError('report.edit_unknown', { name: now.name, edit })
  await requireSound(found.content)
  return naming(found.content.name, () =>
    db.transaction().execute(async (trx) => {
      const stored = await findStored(trx, actor, report, 'change', holdReport)
      requireUnchanged(stored, revision)
      const { runnableBy, changeableBy } = stored
      return saveOver(trx, stored, { ...found.content, runnableBy, changeableBy }, { actor, action: 'reports.restore', restored: edit })
    }),
  )
}

/** @throws report.saved_unknown, report.not_yours */
export const removeSaved = async ({ control: { db } }: Library, actor: Actor, report: number): Promise<void> =>
  db.transaction().execute(async (trx) => {
    const stored = await findStored(trx, actor, report, 'share', holdReport)
    await sql`delete from saved_report where id = ${report}`.execute(trx)
    await appendAudit(trx, {
      actor,
      action: 'reports.delete',
      subjectKind: 'report',
      subject: stored.name,
      details: { id: report, revision: stored.revision, ...contentOf(stored) },
    })
  })
