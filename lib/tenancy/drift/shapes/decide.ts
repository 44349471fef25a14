/** What people decide about differences: that one is as it should be, and what a set does not compare. */
import { sql } from 'kysely'
import type { z } from 'zod'
import type { acceptFindingInput, endAcceptanceInput, ignoreFacetsInput } from '../../contract/commands.ts'
import type { Actor } from '../../contract/permissions.ts'
import type { Library } from '../../context.ts'
import { appendAudit } from '../../control/audit.ts'
import type { ControlDb } from '../../control/db.ts'
import { TenancyError } from '../../errors.ts'
import { covers } from './classify.ts'
import { restateSet, restateShapes } from './restate.ts'

/** Held against another decision on the set, until the transaction ends. @throws set.unknown */
const holdSet = async (trx: ControlDb, set: string): Promise<number> => {
  const row = await trx.selectFrom('migration_set').select('id').where('name', '=', set).forNoKeyUpdate().executeTakeFirst()
  if (!row) throw new TenancyError('set.unknown', { set })
  return row.id
}

type Told = { readonly sentence: string; readonly ahead: string | null }

const findingOf = async (trx: ControlDb, setId: number, set: string, finding: string): Promise<Told> => {
  const { rows } = await sql<Told>`
    select f ->> 'sentence' as sentence, case when f ? 'isAhead' then f ->> 'sentence' end as ahead from seen_structure s cross join jsonb_array_elements(s.findings) f
    where s.set_id = ${setId} and s.norm_id is not null and f ->> 'key' = ${finding} and exists (select from observation o where o.seen_id = s.id) limit 1`.execute(
    trx,
  )
  const [row] = rows
  if (!row) throw new TenancyError('drift.finding_unknown', { set, finding })
  return row
}

const endExpired = async (trx: ControlDb, setId: number, finding: string): Promise<void> => {
  await sql`
    update drift_acceptance set ended_at = until where set_id = ${setId} and finding = ${finding} and ended_at is null and until <= now()`.execute(trx)
}

/** @throws set.unknown, drift.finding_unknown, drift.accepted_before, drift.until_past */
export const acceptFinding = async (library: Library, actor: Actor, input: z.output<typeof acceptFindingInput>): Promise<{ acceptance: number }> => {
  const { set, finding, reason, until } = input
  if (until !== undefined && Date.parse(until) <= library.clock().getTime()) throw new TenancyError('drift.until_past', { until })
  return library.control.db.transaction().execute(async (trx) => {
    const setId = await holdSet(trx, set)
    const { sentence, ahead } = await findingOf(trx, setId, set, finding)
    await endExpired(trx, setId, finding)
    const before = await trx
      .selectFrom('drift_acceptance')
      .select(['id', 'accepted_by as by', 'reason', 'sentence'])
      .where('set_id', '=', setId)
      .where('finding', '=', finding)
      .where('ended_at', 'is', null)
      .executeTakeFirst()
    if (before && covers(before, ahead)) throw new TenancyError('drift.accepted_before', { set, finding, by: before.by, reason: before.reason })
    if (before) await trx.updateTable('drift_acceptance').set({ ended_at: library.clock(), ended_by: actor.label }).where('id', '=', before.id).execute()
    const { id } = await trx
      .insertInto('drift_acceptance')
      .values({ set_id: setId, finding, sentence, reason, accepted_by: actor.label, until: until ?? null, ended_by: null })
      .returning('id')
      .executeTakeFirstOrThrow()
    await restateSet(trx, setId)
    await appendAudit(trx, {
      actor,
      action: 'drift.accept',
      subjectKind: 'set',
      subject: set,
      details: { acceptance: id, finding, sentence, reason, until: until ?? null },
    })
    return { acceptance: id }
  })
}

/** @throws drift.acceptance_unknown */
export const endAcceptance = async (library: Library, actor: Actor, { acceptance }: z.output<typeof endAcceptanceInput>): Promise<void> => {
  await library.control.db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ setId: number; set: string; finding: string; sentence: string }>`
      update drift_acceptance a set ended_at = now(), ended_by = ${actor.label} from migration_set s
      where s.id = a.set_id and a.id = ${acceptance} and a.ended_at is null and (a.until is null or a.until > now())
      returning a.set_id as "setId", s.name as set, a.finding, a.sentence`.execute(trx)
    const [row] = rows
    if (!row) throw new TenancyError('drift.acceptance_unknown', { acceptance })
    await restateSet(trx, row.setId)
    const { finding, sentence } = row
    await appendAudit(trx, { actor, action: 'drift.end_acceptance', subjectKind: 'set', subject: row.set, details: { acceptance, finding, sentence } })
  })
}

/** @throws set.unknown */
export const ignoreFacets = async (library: Library, actor: Actor, { set, facets }: z.output<typeof ignoreFacetsInput>): Promise<void> => {
  const setId = await library.control.db.transaction().execute(async (trx) => {
    const id = await holdSet(trx, set)
    const ignored = [...new Set(facets)].toSorted()
    await trx.updateTable('migration_set').set({ ignored_facets: ignored }).where('id', '=', id).execute()
    await appendAudit(trx, { actor, action: 'drift.ignore', subjectKind: 'set', subject: set, details: { facets: ignored } })
    return id
  })
  await restateShapes(library, [setId])
}
