/** Tables as a whole: made where they are missing, and what is said of them in place. */
import type { Difference, Finding } from '../../../contract/drift.ts'
import type { StructureObject } from '../../../contract/structure.ts'
import { clumpOf, inOrder } from '../clumps.ts'
import { findingOf, orderDifference } from '../compare-structures.ts'
import { isSaid, keyOf, listIn, parentsOf, textIn, unquoted } from '../inventory.ts'
import { nameOf } from '../names.ts'
import { alterTable, replicaIdentity } from '../statements/tables.ts'
import { accessExclusive, shareRowExclusive, shareUpdateExclusive } from './locks.ts'
import { referenced } from './parts.ts'
import type { Draft, Scene } from './plan.ts'
import { makeSequence } from './sequences.ts'

/** Of others: nobody uses the table yet. */
const lockOfMaking = (table: StructureObject, sql: string, scene: Scene): string | null => {
  const parent = textIn(table, 'partitionOf')
  if (sql.startsWith('CREATE '))
    return parent !== null && sql.includes(' PARTITION OF ') && scene.seen.relation(unquoted(parent)) ? accessExclusive(unquoted(parent)) : null
  if (!sql.includes(' FOREIGN KEY ')) return null
  const others = scene.norm.parts(table.name, 'constraint').filter((part) => textIn(part, 'type') === 'foreign key' && scene.seen.relation(referenced(part)))
  return others.length > 0 ? shareRowExclusive(...others.map(referenced)) : null
}

/** Missing ones all at once, since one may need another. */
export const makeTypes = (scene: Scene, draft: Draft): void => {
  const types = scene.findings.flatMap(({ kind, object }) => (kind === 'missing' && object.kind === 'type' ? (scene.norm.get(object) ?? []) : []))
  for (const { clump, sql } of inOrder(types.flatMap((type) => clumpOf(type, scene.norm, 'run') ?? []))) {
    const finding = scene.finding(clump.object)
    if (finding) draft.add('types', finding, sql)
  }
}

export const makeTables = (scene: Scene, draft: Draft): void => {
  const missing = scene.findings.filter(({ kind, object }) => kind === 'missing' && object.kind === 'table')
  const byKey = new Map(missing.map((finding) => [keyOf(finding.object), finding]))
  const tables = missing.flatMap(({ object }) => scene.norm.get(object) ?? [])
  for (const table of tables)
    for (const sequence of scene.norm.ownedSequences(table.name)) {
      const finding = byKey.get(keyOf(table))
      if (finding && !scene.seen.get(sequence)) makeSequence(finding, sequence, scene, draft)
    }
  for (const { clump, sql } of inOrder(tables.flatMap((table) => clumpOf(table, scene.norm, 'run') ?? []))) {
    const finding = byKey.get(keyOf(clump.object))
    if (!finding) continue
    draft.markMadeAnew(clump.object)
    // Heirs and partitions take over what their parents are by then.
    const headPhase = parentsOf(clump.object).length > 0 ? 'heirs' : 'tables'
    draft.add(sql === clump.head ? headPhase : 'tableTails', finding, sql, { lock: lockOfMaking(clump.object, sql, scene) })
  }
}

const reading = 'All its rows are read, and it fails where one does not belong there.'
const rewriting = 'Writes all its rows anew; nobody reads or writes it meanwhile.'

const changePartition = (finding: Finding, table: StructureObject, draft: Draft): void => {
  const { expected, actual } = finding.differences.find(({ field }) => field === 'partitionOf') ?? { expected: null, actual: null }
  if (actual !== null)
    draft.add('dropParts', finding, `ALTER TABLE ${String(actual)} DETACH PARTITION ${nameOf(table.name)}`, { lock: accessExclusive(String(actual)) })
  if (expected !== null)
    draft.add('tableState', finding, `ALTER TABLE ${String(expected)} ATTACH PARTITION ${nameOf(table.name)} ${textIn(table, 'bound') ?? ''}`, {
      lock: `${shareUpdateExclusive(String(expected))}, ${accessExclusive(table.name)}`,
      risk: reading,
    })
}

const changeInheritance = (finding: Finding, table: StructureObject, { expected, actual }: Difference, draft: Draft): void => {
  const [should, is] = [expected, actual].map((value) => (typeof value === 'object' && value !== null ? value : []))
  const lock = accessExclusive(table.name)
  for (const parent of is ?? []) if (!should?.includes(parent)) draft.add('dropParts', finding, `${alterTable(table)} NO INHERIT ${parent}`, { lock })
  for (const parent of should ?? []) if (!is?.includes(parent)) draft.add('tableState', finding, `${alterTable(table)} INHERIT ${parent}`, { lock })
}

/** PostgreSQL remembers that a column was there before its table became an heir. */
const leaveLocal = (table: StructureObject, { norm, seen }: Scene, draft: Draft): void => {
  for (const part of norm.parts(table.name)) {
    const is = seen.get(part)
    if (!isSaid(part, 'inherited') || isSaid(part, 'local') || isSaid(is, 'inherited')) continue
    const differences: readonly Difference[] = [{ facet: 'structure', field: 'local', expected: null, actual: true }]
    draft.leave(findingOf('mismatched', part, differences), 'It was there before its table became an heir, and stays when it is one no longer.', differences)
  }
}

const changeField = (finding: Finding, table: StructureObject, difference: Difference, scene: Scene, draft: Draft): void => {
  const lock = accessExclusive(table.name)
  const isOn = difference.expected === true
  const state = (sql: string, risk: string | null = null): void => draft.add('tableState', finding, `${alterTable(table)} ${sql}`, { lock, risk })
  switch (difference.field) {
    case 'unlogged':
      return state(isOn ? 'SET UNLOGGED' : 'SET LOGGED', isOn ? `${rewriting} After a crash they are gone.` : rewriting)
    case 'rowSecurity':
      return state(isOn ? 'ENABLE ROW LEVEL SECURITY' : 'DISABLE ROW LEVEL SECURITY', isOn ? null : 'All rows show to whoever may read the table.')
    case 'forceRowSecurity':
      return state(isOn ? 'FORCE ROW LEVEL SECURITY' : 'NO FORCE ROW LEVEL SECURITY')
    case 'replicaIdentity':
      return draft.add('tableState', finding, replicaIdentity(table, textIn(table, 'replicaIdentity')), { lock })
    case 'partitionOf':
      return changePartition(finding, table, draft)
    case 'inherits':
      if (difference.expected !== null) leaveLocal(table, scene, draft)
      return changeInheritance(finding, table, difference, draft)
    case 'bound':
      if (finding.differences.some(({ field }) => field === 'partitionOf')) return
      return draft.leave(finding, 'Its rows may have no place in another partition: detach it, look, and attach it by hand.', [difference])
    default:
      return draft.leave(finding, 'PostgreSQL changes this only by making the table anew.', [difference])
  }
}

/** What is said of a table that is there. */
export const changeTable = (finding: Finding, scene: Scene, draft: Draft): void => {
  const table = scene.norm.get(finding.object)
  if (!table) return
  for (const difference of finding.differences) if (difference.facet === 'structure') changeField(finding, table, difference, scene, draft)
}

const orderReason = 'Columns are added behind the others: their order changes only when the table is written anew.'

/** Columns that are added come last, where they may not belong. */
export const leaveOrder = (scene: Scene, draft: Draft): void => {
  for (const table of scene.seen.objects) {
    const norm = table.kind === 'table' ? scene.norm.get(table) : undefined
    if (!norm || isSaid(table, 'ofType')) continue
    const columns = listIn(norm, 'columns', 'order')
    // Also those that come by way of a parent, in the order in which they are added there.
    const added = columns.filter(
      (name) => scene.wanted.get({ kind: 'column', of: table.name, name }) && !scene.seen.get({ kind: 'column', of: table.name, name }),
    )
    const finding = scene.finding(table)
    const told = finding?.differences.some(({ facet }) => facet === 'order') === true
    if (added.length === 0 && !told) continue
    const differences = orderDifference(columns, [...listIn(table, 'columns', 'order'), ...added])
    if (differences.length > 0) draft.leave(finding?.kind === 'mismatched' ? finding : findingOf('mismatched', norm, differences), orderReason, differences)
  }
}
