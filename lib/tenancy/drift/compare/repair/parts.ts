/** What hangs on tables: constraints, indexes, statistics, triggers, rules, policies. */
import type { Finding } from '../../../contract/drift.ts'
import type { StructureObject } from '../../../contract/structure.ts'
import { isSaid, textIn, unquoted } from '../inventory.ts'
import { mentions, nameOf } from '../names.ts'
import { isNotNull } from '../statements/columns.ts'
import { createPart, enableState, isForeignKey } from '../statements/tables.ts'
import { targetOf, wordOf } from '../statements/targets.ts'
import { isOfChangedTable } from './columns.ts'
import { accessExclusive, share, shareRowExclusive, shareUpdateExclusive } from './locks.ts'
import type { Cost, Draft, Phase, Scene } from './plan.ts'

/** The table behind REFERENCES, as a name. */
export const referenced = (constraint: StructureObject): string => {
  const [, quoted, plain = ''] = / REFERENCES (?:"((?:[^"]|"")+)"|([^\s("]+))/.exec(textIn(constraint, 'definition') ?? '') ?? []
  return quoted?.replaceAll('""', '"') ?? plain
}

/** Statistics belong to the schema; their table is the last word of what they are. */
const tableOf = (part: StructureObject): string => (part.of === '' ? unquoted(/ FROM (\S+|".+")$/.exec(textIn(part, 'definition') ?? '')?.[1] ?? '') : part.of)

const isUniqueIndex = (index: StructureObject): boolean => textIn(index, 'definition')?.startsWith('CREATE UNIQUE ') === true

const costOf = (part: StructureObject): Cost => {
  switch (part.kind) {
    case 'constraint': {
      const isUnchecked = isSaid(part, 'notValid') || isSaid(part, 'notEnforced')
      if (isForeignKey(part)) {
        const risk = isUnchecked ? null : `Fails where a row of ${part.of} has no counterpart in ${referenced(part)}; all rows are read.`
        return { lock: shareRowExclusive(part.of, referenced(part)), risk }
      }
      const isKey = ['primary key', 'unique', 'exclusion'].includes(textIn(part, 'type') ?? '')
      const risk = isKey
        ? `Fails where two rows of ${part.of} exclude each other; an index is built, and nobody reads or writes meanwhile.`
        : `Fails where a row of ${part.of} breaks it; all rows are read.`
      return { lock: accessExclusive(part.of), risk: isUnchecked ? null : risk }
    }
    case 'index':
      return {
        lock: share(part.of),
        risk: `${isUniqueIndex(part) ? `Fails where two rows of ${part.of} have the same values. ` : ''}Whoever writes to ${part.of} waits while it is built.`,
      }
    case 'statistics':
      return { lock: shareUpdateExclusive(tableOf(part)) }
    case 'trigger':
      return { lock: shareRowExclusive(part.of) }
    default:
      return { lock: accessExclusive(part.of) }
  }
}

const phaseOf = (part: StructureObject): Phase =>
  part.kind === 'constraint' ? (isForeignKey(part) ? 'foreignKeys' : 'constraints') : part.kind === 'index' || part.kind === 'statistics' ? 'indexes' : 'parts'

export const makePart = (finding: Finding, part: StructureObject, draft: Draft): void => {
  const [make = '', ...rest] = createPart(part, 'run')
  draft.add(phaseOf(part), finding, make, costOf(part))
  draft.add(phaseOf(part), finding, rest, { lock: shareUpdateExclusive(tableOf(part)) })
}

/** On partitioned tables the indexes of partitions come first: the one of their parent then takes those that are there. */
export const makeIndex = (finding: Finding, index: StructureObject, scene: Scene, draft: Draft): void => {
  // A partition that is missing itself gets it when it is made.
  for (const child of scene.norm.children(index.of).filter(({ name }) => scene.seen.relation(name)))
    for (const part of scene.norm.parts(child.name, 'index'))
      if (unquoted(textIn(part, 'attachedTo') ?? '') === index.name && !scene.seen.get(part)) makeIndex(finding, part, scene, draft)
  makePart(finding, index, draft)
}

const dropPhases: Readonly<Record<string, Phase>> = { index: 'dropIndexes', statistics: 'dropIndexes' }

export const dropPart = (finding: Finding, part: StructureObject, draft: Draft): void => {
  if (part.kind === 'constraint') {
    const lock = isForeignKey(part) ? `${accessExclusive(part.of)} and ${referenced(part)}` : accessExclusive(part.of)
    draft.add(isForeignKey(part) ? 'dropForeignKeys' : 'dropConstraints', finding, `ALTER TABLE ${nameOf(part.of)} DROP CONSTRAINT ${nameOf(part.name)}`, {
      lock,
    })
    return
  }
  const lock = part.kind === 'statistics' ? shareUpdateExclusive(tableOf(part)) : accessExclusive(part.of)
  draft.add(dropPhases[part.kind] ?? 'dropParts', finding, `DROP ${wordOf(part)} ${targetOf(part)}`, { lock })
}

/** Drops what is there and makes what should be: once, whatever the number of reasons. */
export const makeAnew = (finding: Finding, part: StructureObject, scene: Scene, draft: Draft): void => {
  if (draft.isMadeAnew(part)) return
  draft.markMadeAnew(part)
  const [is, should] = [scene.seen.get(part), scene.wanted.get(part)]
  if (is) dropPart(finding, is, draft)
  if (!should) return
  if (is) draft.remake(finding, should)
  if (should.kind === 'index') makeIndex(finding, should, scene, draft)
  else makePart(finding, should, draft)
}

/** A key cannot go while foreign keys stand on it. */
const foreignKeysOn = (table: string, scene: Scene): readonly StructureObject[] =>
  scene.seen.objects.filter((object) => object.kind === 'constraint' && isForeignKey(object) && !isSaid(object, 'inherited') && referenced(object) === table)

export const makeConstraintAnew = (finding: Finding, constraint: StructureObject, scene: Scene, draft: Draft): void => {
  if (['primary key', 'unique'].includes(textIn(constraint, 'type') ?? ''))
    for (const key of foreignKeysOn(constraint.of, scene)) makeAnew(finding, key, scene, draft)
  makeAnew(finding, constraint, scene, draft)
}

const validate = (finding: Finding, { of, name }: StructureObject, draft: Draft): void =>
  draft.add('constraints', finding, `ALTER TABLE ${nameOf(of)} VALIDATE CONSTRAINT ${nameOf(name)}`, {
    lock: shareUpdateExclusive(of),
    risk: `Fails where a row of ${of} breaks it; all rows are read.`,
  })

const changeConstraint = (finding: Finding, constraint: StructureObject, scene: Scene, draft: Draft): void => {
  const changed = finding.differences.filter(({ facet, field }) => facet === 'structure' && field !== 'name')
  if (changed.length === 0) return
  const inherited = changed.filter(({ field }) => field === 'inherited' || field === 'local')
  if (changed.some(({ field }) => field === 'triggers')) return draft.leave(finding, 'Only a superuser can switch the triggers of a foreign key.')
  if (inherited.length === changed.length) {
    if (!isOfChangedTable(scene, finding)) draft.leave(finding, 'It comes and goes with the place of its table among its parents.', inherited)
  } else if (changed.length === 1 && changed[0]?.field === 'notValid' && changed[0].actual === true) validate(finding, constraint, draft)
  else makeConstraintAnew(finding, constraint, scene, draft)
}

const changeIndex = (finding: Finding, index: StructureObject, scene: Scene, draft: Draft): void => {
  const has = (field: string): boolean => finding.differences.some((difference) => difference.facet === 'structure' && difference.field === field)
  const isPartitioned = textIn(scene.seen.get({ kind: 'table', of: '', name: index.of }), 'partitionBy') !== null
  const unwanted = finding.differences.filter(({ field, expected }) => field === 'invalid' && expected === true)
  if (unwanted.length > 0) return draft.leave(finding, 'Nobody wants an index that no query uses.', unwanted)
  if (has('definition') || (has('invalid') && isPartitioned)) return makeAnew(finding, index, scene, draft)
  if (has('invalid'))
    draft.add('indexes', finding, `REINDEX INDEX ${nameOf(index.name)}`, {
      lock: share(index.of),
      risk: `${isUniqueIndex(index) ? `Fails where two rows of ${index.of} have the same values. ` : ''}Whoever writes to ${index.of} waits while it is built, and queries that would use it.`,
    })
  const attachedTo = textIn(index, 'attachedTo')
  if (!has('attachedTo')) return
  if (attachedTo === null)
    draft.leave(
      finding,
      'An index stays with that of the partitioned table as long as both are there.',
      finding.differences.filter(({ field }) => field === 'attachedTo'),
    )
  else draft.add('parts', finding, `ALTER INDEX ${attachedTo} ATTACH PARTITION ${nameOf(index.name)}`, { lock: shareUpdateExclusive(index.of) })
}

const rename = (finding: Finding, part: StructureObject, old: string, draft: Draft): void => {
  if (part.kind === 'index') draft.add('tableState', finding, `ALTER INDEX ${nameOf(old)} RENAME TO ${nameOf(part.name)}`, { lock: shareUpdateExclusive(old) })
  else
    draft.add('tableState', finding, `ALTER TABLE ${nameOf(part.of)} RENAME CONSTRAINT ${nameOf(old)} TO ${nameOf(part.name)}`, {
      lock: accessExclusive(part.of),
    })
}

export const changePart = (finding: Finding, scene: Scene, draft: Draft): void => {
  const part = scene.norm.get(finding.object)
  if (!part) return
  const name = finding.differences.find(({ facet, field }) => facet === 'structure' && field === 'name')
  if (name) rename(finding, part, String(name.actual), draft)
  if (part.kind === 'constraint') return changeConstraint(finding, part, scene, draft)
  if (part.kind === 'index') return changeIndex(finding, part, scene, draft)
  const changed = finding.differences.filter(({ facet }) => facet === 'structure')
  if (changed.length === 0) return
  if (changed.every(({ field }) => field === 'enabled'))
    draft.add('parts', finding, enableState(part, textIn(part, 'enabled')), {
      lock: part.kind === 'rule' ? accessExclusive(part.of) : shareRowExclusive(part.of),
    })
  else makeAnew(finding, part, scene, draft)
}

/** All that a part says in SQL. */
export const textOfPart = (part: StructureObject): string =>
  Object.values(part.facts.structure ?? {})
    .map((value) => (typeof value === 'object' && value !== null ? value.join(' ') : String(value)))
    .join(' ')

/** From 18 on NOT NULL has a name, of which only something unusual tells: a column that is to be not null anyway keeps it. @returns whether it is one */
export const isNotNullOfColumn = (finding: Finding, constraint: StructureObject, scene: Scene, draft: Draft): boolean => {
  if (textIn(constraint, 'type') !== 'not null') return false
  const [, column = ''] = /^NOT NULL ("(?:[^"]|"")+"|\S+)/.exec(textIn(constraint, 'definition') ?? '') ?? []
  const held = (finding.kind === 'extra' ? scene.wanted : scene.seen).get({ kind: 'column', of: constraint.of, name: unquoted(column) })
  if (!held || !isNotNull(held)) return false
  if (finding.kind === 'extra' && isSaid(constraint, 'notValid')) validate(finding, constraint, draft)
  else draft.leave(finding, 'A column has one NOT NULL, under one name: change it by hand.')
  return true
}

/** PostgreSQL does not change a column's type under a policy, a trigger or a rule that names it. */
export const namesColumn = (part: StructureObject, column: StructureObject): boolean => {
  const words = mentions(textOfPart(part))
  return words.has(column.name) && (part.of === column.of || words.has(column.of))
}
