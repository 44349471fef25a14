/** Saved reports as they are stored, and what of them is whose. */
import { sql, type RawBuilder } from 'kysely'
import type { Actor } from '../../contract/permissions.ts'
import type { SavedReportContent, SavedReportRights } from '../../contract/saved-reports.ts'
import type { ControlDb } from '../../control/db.ts'
import { TenancyError } from '../../errors.ts'

export type Stored = SavedReportContent & {
  readonly id: number
  readonly ownerId: string | null
  readonly owner: string
  readonly revision: number
  readonly updatedAt: Date
  readonly updatedBy: string
}

const storedColumns = sql`
  v.id, v.name, v.description, s.name as set, v.sql, v.combine, v.chart, v.params, v.selection, v.row_cap as "rowCap", v.missing, v.runnable_by as "runnableBy",
  v.changeable_by as "changeableBy", v.owner_id as "ownerId", v.owner, v.revision, v.updated_at as "updatedAt", v.updated_by as "updatedBy"`

/** By name. */
export const storedWhere = async (db: ControlDb, condition: RawBuilder<unknown>, lock: RawBuilder<unknown> = sql``): Promise<readonly Stored[]> => {
  const { rows } = await sql<Stored>`
    select ${storedColumns} from saved_report v join migration_set s on s.id = v.set_id where ${condition} order by lower(v.name) ${lock}`.execute(db)
  return rows
}

/** Of an edit: those of earlier releases say nothing of what a tenant may lack. */
export const editContent = sql`(jsonb_build_object('missing', 'name') || content)`

/** What an edit changes, and nothing beside. */
export const contentOf = (stored: SavedReportContent): SavedReportContent => ({
  name: stored.name,
  description: stored.description,
  set: stored.set,
  sql: stored.sql,
  combine: stored.combine,
  chart: stored.chart,
  params: stored.params,
  selection: stored.selection,
  rowCap: stored.rowCap,
  missing: stored.missing,
  runnableBy: stored.runnableBy,
  changeableBy: stored.changeableBy,
})

export const rightsOf = ({ role, id }: Pick<Actor, 'role' | 'id'>, { runnableBy, changeableBy, ownerId }: Stored): SavedReportRights => {
  if (role === 'admin') return { mayRun: true, mayChange: true, mayShare: true }
  const isOwn = id !== null && id === ownerId
  return { mayRun: runnableBy.includes(role), mayChange: role === 'operator' && (changeableBy === 'operators' || isOwn), mayShare: false }
}

type Need = 'see' | 'run' | 'change' | 'share'
const needs: Readonly<Record<Need, { readonly what: string; readonly isMet: (actor: Actor, stored: Stored) => boolean }>> = {
  see: { what: '', isMet: (actor, stored) => actor.role !== 'support' || rightsOf(actor, stored).mayRun },
  run: { what: 'Running ', isMet: (actor, stored) => rightsOf(actor, stored).mayRun },
  change: { what: 'Changing ', isMet: (actor, stored) => rightsOf(actor, stored).mayChange },
  share: { what: 'Deleting, scheduling and sharing ', isMet: (actor, stored) => rightsOf(actor, stored).mayShare },
}

/** @throws report.not_yours */
export const requireRight = (actor: Actor, stored: Stored, need: Need): void => {
  const { what, isMet } = needs[need]
  if (isMet(actor, stored)) return
  const whatOf = what === '' ? 'Saved report' : `${what}saved report`
  throw new TenancyError('report.not_yours', { what: `${whatOf} “${stored.name}”`, role: actor.role, remedy: 'Ask its owner or an admin.' })
}

/** @throws report.saved_unknown, report.not_yours */
export const findStored = async (db: ControlDb, actor: Actor, report: number | string, need: Need, lock: RawBuilder<unknown> = sql``): Promise<Stored> => {
  const condition = typeof report === 'number' ? sql`v.id = ${report}` : sql`lower(v.name) = lower(${report})`
  const [stored] = await storedWhere(db, condition, lock)
  if (!stored) throw new TenancyError('report.saved_unknown', { report })
  requireRight(actor, stored, need)
  return stored
}

/** For whoever writes: it stays as it is until the transaction ends. */
export const holdReport = sql`for update of v`
