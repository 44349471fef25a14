/** The other way round: what the tenants of a shape have and the others lack, as a migration for all. */
import type { ShapeMigration } from '../../contract/drift.ts'
import type { Library } from '../../context.ts'
import type { ControlDb } from '../../control/db.ts'
import { TenancyError } from '../../errors.ts'
import { migrationOf } from '../compare/migration-text.ts'
import { findDriftSet, readPair } from '../shapes/detail.ts'
import { readAcceptances, withAcceptances } from '../shapes/shape-rows.ts'

/** After the newest of the set, in as many digits: 0013 after 0012. */
export const versionAfter = (head: string | null): string => {
  const digits = /^\d+/.exec(head ?? '')?.[0] ?? '0000'
  return String(BigInt(digits) + 1n).padStart(digits.length, '0')
}

const readHead = async (db: ControlDb, setId: number): Promise<string | null> => {
  const row = await db.selectFrom('migration').select('version').where('set_id', '=', setId).orderBy('position', 'desc').limit(1).executeTakeFirst()
  return row?.version ?? null
}

/**
 * All that the shape differs in: what is accepted is wanted, and a migration is how the others come to have it.
 * @throws set.unknown, drift.shape_unknown, drift.nothing_to_repair
 */
export const shapeMigration = async (library: Pick<Library, 'control'>, set: string, shape: string): Promise<ShapeMigration> => {
  const { db } = library.control
  const { id, ignored } = await findDriftSet(library, set)
  const [{ facts, seen, norm }, acceptances, head] = await Promise.all([readPair(library, id, set, shape), readAcceptances(db, id), readHead(db, id)])
  const { findings } = facts
  if (norm === null || findings.length === 0)
    throw new TenancyError('drift.nothing_to_repair', { set, shape, reason: 'It is the norm, or there is nothing to compare it with.' })
  return {
    file: `${versionAfter(head)}_from_shape_${(facts.letter ?? shape).toLowerCase()}.sql`,
    sql: migrationOf(norm, seen, withAcceptances(findings, acceptances), ignored),
    findings: findings.length,
  }
}
