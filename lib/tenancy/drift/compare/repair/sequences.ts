/** Sequences that are made again: they go on behind the numbers that rows hold already. */
import type { Finding } from '../../../contract/drift.ts'
import type { StructureObject } from '../../../contract/structure.ts'
import { isSaid, keyOf, ownerColumn, textIn } from '../inventory.ts'
import { dollars, nameOf } from '../names.ts'
import { createSequence, isDescending, startOf } from '../statements/types.ts'
import type { Draft, Scene } from './plan.ts'

type ColumnName = { readonly of: string; readonly name: string }

/** @param alter what RESTART is said of */
export const restartBehind = (alter: string, columns: readonly ColumnName[], counting: { readonly start: string; readonly isDown: boolean }): string => {
  const [outermost, most, reaches, next] = counting.isDown ? ['min', 'least', '<=', 'last - 1'] : ['max', 'greatest', '>=', 'last + 1']
  const found = columns.map(({ of, name }) => `(SELECT ${outermost}(${nameOf(name)}) FROM ${nameOf(of)})`)
  const text = `DECLARE last bigint := ${found.length === 1 ? found.join('') : `${most}(${found.join(', ')})`};
BEGIN
  IF last ${reaches} ${counting.start} THEN EXECUTE format(${dollars(`${alter.replaceAll('%', '%%')} RESTART WITH %s`, 'sql')}, ${next}); END IF;
END`
  return `DO ${dollars(text, 'do')}`
}

const callOf = (sequence: StructureObject): string => `nextval('${nameOf(sequence.name).replaceAll("'", "''")}'::regclass)`

const usersOf = (sequence: StructureObject, { wanted }: Scene): readonly StructureObject[] => {
  const owner = ownerColumn(sequence)
  const isUser = (column: StructureObject): boolean =>
    (owner !== null && keyOf(owner) === keyOf(column)) || textIn(column, 'default')?.includes(callOf(sequence)) === true
  const users = wanted.objects.filter((object) => object.kind === 'column' && isUser(object))
  const keys = new Set(users.map((column) => keyOf(column)))
  // Who reads a table reads its partitions and heirs.
  return users.filter((column) => !wanted.origins(column).some((name) => keys.has(keyOf(name))))
}

/** Whether the rows tell what was counted: not numbers that are a part of something, and not where a policy may hide rows. */
const isReadable = (column: StructureObject, sequence: StructureObject, { seen }: Scene): boolean => {
  const value = textIn(column, 'default')
  const isPlain = value === null || value === callOf(sequence) || !value.includes(callOf(sequence))
  return isPlain && /^(?:smallint|integer|bigint|numeric\b.*)$/.test(textIn(column, 'type') ?? '') && !isSaid(seen.relation(column.of), 'forceRowSecurity')
}

const reason = 'From which number on it has to count, only the data can say: make it by hand.'

export const makeSequence = (finding: Finding, sequence: StructureObject, scene: Scene, draft: Draft): void => {
  const users = usersOf(sequence, scene)
  const held = users.flatMap((column) => scene.seen.get(column) ?? [])
  if ((users.length === 0 && !scene.isFirst) || held.some((column) => !isReadable({ ...column, facts: usedAs(column, scene) }, sequence, scene))) {
    draft.refuse(finding, reason)
    return
  }
  draft.add('sequences', finding, createSequence(sequence, 'run'))
  if (held.length === 0) return
  // Columns that are added to tables with rows are numbered by then.
  const numbered = users.filter(({ of }) => scene.seen.relation(of))
  const counting = { start: startOf(sequence), isDown: isDescending(sequence) }
  draft.add('tableState', finding, restartBehind(`ALTER SEQUENCE ${nameOf(sequence.name)}`, numbered, counting), {
    risk: `Goes on behind the ${counting.isDown ? 'lowest' : 'highest'} number in ${[...new Set(numbered.map(({ of }) => of))].join(' and ')}, which is looked for.`,
  })
}

/** Its type as it is, its default as it will be. */
const usedAs = (column: StructureObject, { wanted }: Scene): StructureObject['facts'] => ({
  structure: { ...column.facts.structure, default: textIn(wanted.get(column), 'default') },
})
