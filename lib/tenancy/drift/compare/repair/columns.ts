/** Columns: added, and changed in place where no value can be lost. */
import type { Difference, Finding } from '../../../contract/drift.ts'
import type { StructureObject } from '../../../contract/structure.ts'
import { listIn, textIn, type Inventory } from '../inventory.ts'
import { nameOf } from '../names.ts'
import { changeOptions } from '../statements/attributes.ts'
import { afterColumn, alterColumn, columnDefinition, identityOf, isNotNull } from '../statements/columns.ts'
import { ownedBy } from '../statements/tables.ts'
import { accessExclusive, shareUpdateExclusive } from './locks.ts'
import type { Draft, Scene } from './plan.ts'
import { makeSequence, restartBehind } from './sequences.ts'
import { widening } from './widening.ts'

const isVolatile = (value: string): boolean => /\b(?:nextval|gen_random_uuid|random|clock_timestamp|uuid_generate_v\d\w*)\s*\(/.test(value)

const addingRisk = (column: StructureObject): string | null => {
  const value = textIn(column, 'default')
  const isComputed = ['generated', 'identity'].some((field) => textIn(column, field) !== null)
  if (isNotNull(column) && value === null && !isComputed) return `Fails where ${column.of} has rows: there is no value for them.`
  return textIn(column, 'identity') !== null || textIn(column, 'generated')?.startsWith('stored') === true || (value !== null && isVolatile(value))
    ? `Writes all rows of ${column.of} anew; nobody reads or writes it meanwhile.`
    : null
}

export const addColumn = (finding: Finding, column: StructureObject, scene: Scene, draft: Draft): void => {
  const sequences = scene.norm.ownedSequences(column.of, column.name)
  for (const sequence of sequences) if (!scene.seen.get(sequence)) makeSequence(finding, sequence, scene, draft)
  const lock = accessExclusive(column.of)
  draft.add('columns', finding, `ALTER TABLE ${nameOf(column.of)} ADD COLUMN ${columnDefinition(column)}`, { lock, risk: addingRisk(column) })
  for (const sequence of sequences) draft.add('alterColumns', finding, ownedBy(sequence))
  draft.add('attributes', finding, afterColumn(column, 'run'), { lock: shareUpdateExclusive(column.of) })
}

/** What PostgreSQL hands down to partitions and heirs stays with one table where theirs may differ. */
const isParent = (table: string, inventory: Inventory): boolean => inventory.children(table).length > 0

type Change = {
  readonly finding: Finding
  readonly column: StructureObject
  readonly difference: Difference
  readonly draft: Draft
  readonly scene: Scene
}

const changeType = ({ finding, column, difference, draft, scene }: Change): void => {
  const [from, to] = [String(difference.actual), String(difference.expected)]
  const found = widening(from, to)
  if (!found) {
    draft.leave(finding, `PostgreSQL could lose or refuse values when it turns ${from} into ${to}: look at them, and change the type by hand.`, [difference])
    return
  }
  const risk = found.rewrites ? `Writes all rows of ${column.of} anew; nobody reads or writes it meanwhile.` : null
  draft.add('alterColumns', finding, `${alterColumn(column)} TYPE ${to}`, { lock: accessExclusive(column.of), risk })
  const value = textIn(column, 'default')
  // The old default is kept with a cast around it.
  if (value !== null && !finding.differences.some(({ field }) => field === 'default'))
    draft.add('alterColumns', finding, `${alterColumn(column, isParent(column.of, scene.wanted))} SET DEFAULT ${value}`, { lock: accessExclusive(column.of) })
}

const changeNull = ({ finding, column, draft }: Change): void => {
  const lock = accessExclusive(column.of)
  if (!isNotNull(column)) draft.add('alterColumns', finding, `${alterColumn(column)} DROP NOT NULL`, { lock })
  else
    draft.add('alterColumns', finding, `${alterColumn(column)} SET NOT NULL`, { lock, risk: `Fails where ${column.name} is null in a row; all rows are read.` })
}

const setDefault = (finding: Finding, column: StructureObject, { wanted }: Scene, draft: Draft): void => {
  const value = textIn(column, 'default')
  const alter = alterColumn(column, isParent(column.of, wanted))
  draft.add('alterColumns', finding, value === null ? `${alter} DROP DEFAULT` : `${alter} SET DEFAULT ${value}`, { lock: accessExclusive(column.of) })
}

/** Of heirs too that differ alike, since each may have a default of its own. */
const changeDefault = ({ finding, column, difference, draft, scene }: Change): void => {
  setDefault(finding, column, scene, draft)
  for (const heir of scene.wanted.children(column.of)) {
    const [should, is] = [scene.wanted, scene.seen].map((inventory) => inventory.get({ kind: 'column', of: heir.name, name: column.name }))
    if (should && is && !scene.finding(should) && textIn(should, 'default') !== textIn(is, 'default'))
      changeDefault({ finding, column: should, difference, draft, scene })
  }
}

/** `START WITH 100`, `INCREMENT BY -1` */
const identityCounting = (column: StructureObject): { readonly start: string; readonly isDown: boolean } => {
  const option = (words: string): string | undefined =>
    listIn(column, 'identityOptions')
      .find((text) => text.startsWith(`${words} `))
      ?.slice(words.length + 1)
  const isDown = option('INCREMENT BY')?.startsWith('-') === true
  return { start: option('START WITH') ?? (isDown ? (option('MAXVALUE') ?? '-1') : (option('MINVALUE') ?? '1')), isDown }
}

const changeIdentity = ({ finding, column, difference, draft }: Change): void => {
  const lock = accessExclusive(column.of)
  const words = identityOf(column)
  if (words === null) {
    // Its sequence may have the name of one that is made.
    draft.add('dropConstraints', finding, `${alterColumn(column)} DROP IDENTITY`, { lock })
    return
  }
  if (difference.actual !== null) {
    draft.add('alterColumns', finding, `${alterColumn(column)} SET GENERATED ${String(difference.expected).toUpperCase()}`, { lock })
    return
  }
  draft.add('alterColumns', finding, `${alterColumn(column)} ADD ${words}`, { lock })
  draft.add('alterColumns', finding, restartBehind(alterColumn(column), [column], identityCounting(column)), {
    lock,
    risk: `Goes on behind the highest number that ${column.of} holds, which is looked for.`,
  })
}

const changeIdentityOptions = ({ finding, difference, draft }: Change): void => {
  if (finding.differences.some(({ field, actual, expected }) => field === 'identity' && (actual === null || expected === null))) return
  draft.leave(finding, 'Which numbers are still free only the data can say: change the options of the identity by hand.', [difference])
}

const changeGenerated = ({ finding, column, difference, draft }: Change): void => {
  if (difference.expected === null && String(difference.actual).startsWith('stored'))
    draft.add('alterColumns', finding, `${alterColumn(column)} DROP EXPRESSION`, { lock: accessExclusive(column.of) })
  else
    draft.leave(finding, 'A column cannot be turned into a generated one, or computed otherwise, while it stays: its values would have to be dropped first.', [
      difference,
    ])
}

const changes: Readonly<Record<string, (change: Change) => void>> = {
  type: changeType,
  nullable: changeNull,
  default: changeDefault,
  identity: changeIdentity,
  identityOptions: changeIdentityOptions,
  generated: changeGenerated,
}

/** SET STORAGE DEFAULT is known from 16 on only; types that are always plain never differ. */
const usualStorage = (column: StructureObject): string => (/^(?:numeric|inet|cidr)\b/.test(textIn(column, 'type') ?? '') ? 'main' : 'extended')

const changeStorage = ({ finding, column, difference: { field, expected, actual }, draft }: Change): void => {
  const alter = alterColumn(column)
  const quiet = { lock: shareUpdateExclusive(column.of) }
  const lasting = { lock: accessExclusive(column.of), risk: 'Rows that are there keep theirs until they are written anew.' }
  if (field === 'statistics') draft.add('attributes', finding, `${alter} SET STATISTICS ${expected === null ? '-1' : String(expected)}`, quiet)
  else if (field === 'options') draft.add('attributes', finding, changeOptions(alter, actual, expected), quiet)
  else if (field === 'compression') draft.add('attributes', finding, `${alter} SET COMPRESSION ${expected === null ? 'default' : String(expected)}`, lasting)
  else draft.add('attributes', finding, `${alter} SET STORAGE ${String(expected ?? usualStorage(column)).toUpperCase()}`, lasting)
}

/** An identity is given to a column of the right type that is NOT NULL and has no default. */
const changeOrder: readonly string[] = ['generated', 'type', 'nullable', 'default', 'identity']
const inOrder = (differences: readonly Difference[]): readonly Difference[] =>
  differences.toSorted((one, other) => changeOrder.indexOf(one.field) - changeOrder.indexOf(other.field))

export const changeColumn = (finding: Finding, scene: Scene, draft: Draft): void => {
  const column = scene.norm.get(finding.object)
  if (!column) return
  for (const difference of inOrder(finding.differences)) {
    const change: Change = { finding, column, difference, draft, scene }
    if (difference.facet === 'storage') changeStorage(change)
    if (difference.facet !== 'structure') continue
    const handle = changes[difference.field]
    if (handle) handle(change)
    else if ((difference.field === 'inherited' || difference.field === 'local') && isOfChangedTable(scene, finding)) continue
    else draft.leave(finding, 'PostgreSQL changes this only by making the column anew.', [difference])
  }
}

/** It comes and goes with the table's own place among its parents. */
export const isOfChangedTable = (scene: Scene, { object }: Finding): boolean =>
  scene.finding({ kind: 'table', of: '', name: object.of })?.differences.some(({ field }) => field === 'partitionOf' || field === 'inherits') === true

/** Columns whose type is changed in place. */
export const retyped = ({ findings, seen }: Scene): readonly StructureObject[] =>
  findings.flatMap(({ kind, object, differences }) => {
    const type = differences.find(({ facet, field }) => facet === 'structure' && field === 'type')
    const column = seen.get(object)
    return kind === 'mismatched' && object.kind === 'column' && type && column && widening(String(type.actual), String(type.expected)) ? [column] : []
  })
