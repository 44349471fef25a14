/** The statements that lead from one structure to another, and what is left to a person. Nothing that may hold data is ever dropped. */
import type { Finding, Repair } from '../../contract/drift.ts'
import type { Facet, ObjectKind, Structure } from '../../contract/structure.ts'
import { ownMark } from '../own-name.ts'
import { inventoryOf, keyOf, listIn, ownerColumn, textIn, type Inventory } from './inventory.ts'
import { mentions } from './names.ts'
import { changeAttributes, extensionReason } from './repair/attributes.ts'
import { addColumn, changeColumn } from './repair/columns.ts'
import { changePart, dropPart, isNotNullOfColumn, makeConstraintAnew, makeIndex, makePart, textOfPart } from './repair/parts.ts'
import { isKept, sceneOf, startDraft, type Draft, type Drafting, type Scene } from './repair/plan.ts'
import { isRoutine, isView, repairRoutines } from './repair/routines.ts'
import { makeSequence } from './repair/sequences.ts'
import { changeTable, leaveOrder, makeTables, makeTypes } from './repair/tables.ts'
import { changeSequence, changeType } from './repair/types.ts'
import { ownedBy } from './statements/tables.ts'
import { labelOf } from './sentences.ts'

const keptReasons: Readonly<Partial<Record<Finding['object']['kind'], string>>> = {
  table: 'It may hold data: drop it by hand, or make it a migration.',
  column: 'It may hold data: drop it by hand, or make it a migration.',
  sequence: 'Somebody may count with it: drop it by hand, or make it a migration.',
  type: 'Columns that are kept may be of it: drop it by hand, or make it a migration.',
  extension: extensionReason,
}

const aheadReason = 'Look at what it holds and who needs it: drop it by hand before that migration, or let the migration do without.'

const make = (finding: Finding, scene: Scene, draft: Draft): void => {
  const object = scene.norm.get(finding.object)
  if (!object) return
  switch (object.kind) {
    case 'extension':
      return draft.leave(finding, extensionReason)
    case 'sequence':
      makeSequence(finding, object, scene, draft)
      return ownerColumn(object) ? draft.add('alterColumns', finding, ownedBy(object)) : undefined
    case 'column':
      return addColumn(finding, object, scene, draft)
    case 'index':
      return makeIndex(finding, object, scene, draft)
    case 'constraint':
      return isNotNullOfColumn(finding, object, scene, draft) ? undefined : makePart(finding, object, draft)
    case 'statistics':
    case 'trigger':
    case 'rule':
    case 'policy':
      return makePart(finding, object, draft)
    default:
      // Types, tables, views and routines are made all together, and a schema is there.
      return undefined
  }
}

const drop = (finding: Finding, scene: Scene, draft: Draft): void => {
  if (isKept(finding)) return draft.leave(finding, finding.isAhead ? aheadReason : (keptReasons[finding.object.kind] ?? ''))
  const object = scene.seen.get(finding.object)
  if (!object || draft.isMadeAnew(object)) return undefined
  if (object.kind === 'constraint' && isNotNullOfColumn(finding, object, scene, draft)) return undefined
  return object.kind === 'constraint' ? makeConstraintAnew(finding, object, scene, draft) : dropPart(finding, object, draft)
}

const change = (finding: Finding, scene: Scene, draft: Draft): void => {
  const object = scene.norm.get(finding.object)
  if (!object) return
  if (object.kind === 'table') changeTable(finding, scene, draft)
  else if (object.kind === 'column') changeColumn(finding, scene, draft)
  else if (object.kind === 'type') changeType(finding, object, draft)
  else if (object.kind === 'sequence') changeSequence(finding, object, draft)
  else if (object.kind === 'extension') draft.leave(finding, extensionReason)
  else if (object.of !== '' || object.kind === 'statistics') changePart(finding, scene, draft)
  if (object.kind !== 'extension') changeAttributes(finding, scene, draft)
}

/** Columns that are missing in the order in which the norm has them. */
const inColumnOrder = ({ findings, norm }: Scene): readonly Finding[] => {
  const place = ({ kind, object }: Finding): number =>
    kind === 'missing' && object.kind === 'column' ? listIn(norm.relation(object.of), 'columns', 'order').indexOf(object.name) + 1 : 0
  return findings.toSorted((a, b) => place(a) - place(b))
}

const ownNameReason = 'Its text names the schema that it is in, which is another one in each tenant: run the migration’s own statement there.'

/** Functions whose text would have to be another one in each target. */
const namesOwn = ({ objects }: Structure, findings: readonly Finding[]): ReadonlySet<Finding> => {
  const named = new Set(objects.filter((object) => textIn(object, 'body')?.includes(ownMark)).map((object) => keyOf(object)))
  return new Set(
    findings.filter(
      ({ kind, object, differences }) =>
        kind !== 'extra' && named.has(keyOf(object)) && (kind === 'missing' || differences.some(({ facet }) => facet === 'structure')),
    ),
  )
}

const workOut = (norm: Structure, seen: Structure, findings: readonly Finding[], ignored: readonly Facet[], isFirst: boolean): Drafting => {
  const scene = sceneOf(norm, seen, findings, isFirst)
  const drafting = startDraft(scene.norm, ignored)
  const { draft } = drafting
  repairRoutines(scene, draft)
  makeTypes(scene, draft)
  makeTables(scene, draft)
  for (const finding of inColumnOrder(scene)) {
    // What is a part of a view comes with it.
    const whole = scene.wanted.relation(finding.object.of)
    if (whole && isView(whole) && draft.isMadeAnew(whole)) continue
    if (finding.kind === 'missing') make(finding, scene, draft)
    else if (finding.kind === 'extra' && !isView(finding.object) && !isRoutine(finding.object)) drop(finding, scene, draft)
    else if (finding.kind === 'mismatched') change(finding, scene, draft)
  }
  leaveOrder(scene, draft)
  return drafting
}

const isCalled: ReadonlySet<ObjectKind> = new Set(['view', 'materialized_view', 'function', 'procedure', 'aggregate', 'sequence'])

/** What is to be made or changed and names what stays as it is. */
const namers = (norm: Inventory, open: readonly Finding[], refused: readonly Finding[]): ReadonlyMap<Finding, string> => {
  const called = refused.filter(({ kind, object }) => kind !== 'extra' && isCalled.has(object.kind))
  const found = new Map<Finding, string>()
  for (const finding of called.length === 0 ? [] : open) {
    const object = finding.kind === 'extra' ? undefined : norm.get(finding.object)
    if (!object || (finding.kind === 'mismatched' && !finding.differences.some(({ facet }) => facet === 'structure'))) continue
    const parts = finding.kind === 'missing' && object.of === '' ? norm.parts(object.name) : []
    const words = mentions([object, ...parts].map((part) => textOfPart(part)).join(' '))
    const cause = called.find(({ object: { name } }) => words.has(name.replace(/\([^()]*\)$/, '')))
    if (cause) found.set(finding, `${labelOf(cause.object)} is left to you too, and it stands on that.`)
  }
  return found
}

/**
 * Statements in an order that works, in one transaction whose path begins with the schema; in it `tenantry.role` is set to the name of the tenant's role.
 * @param ignored what the set does not compare: the same statements go to targets that have it otherwise
 * @param isFirst what is missing was never there, as in a migration
 */
export const repairOf = (norm: Structure, seen: Structure, findings: readonly Finding[], ignored: readonly Facet[] = [], isFirst = false): Repair => {
  const refused = new Map([...namesOwn(norm, findings)].map((finding) => [finding, ownNameReason]))
  const expected = inventoryOf(norm)
  for (;;) {
    const open = findings.filter((finding) => !refused.has(finding))
    const { draft, refused: reasons, finish } = workOut(norm, seen, open, ignored, isFirst)
    const before = refused.size
    for (const finding of open) {
      const reason = reasons.get(finding.key)
      if (reason !== undefined) refused.set(finding, reason)
    }
    const rest = open.filter((finding) => !refused.has(finding))
    for (const [finding, reason] of namers(expected, rest, [...refused.keys()])) refused.set(finding, reason)
    if (refused.size > before) continue
    for (const [finding, reason] of refused) draft.leave(finding, reason)
    return finish()
  }
}
