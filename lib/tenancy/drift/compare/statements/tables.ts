/** Tables and what hangs on them. */
import type { StructureObject } from '../../../contract/structure.ts'
import { isSaid, listIn, textIn, type Inventory } from '../inventory.ts'
import { nameOf } from '../names.ts'
import { attributesOf, changeOptions, optionText } from './attributes.ts'
import { afterColumn, columnDefinition } from './columns.ts'
import { listed, roleOf, write, type Writing } from './roles.ts'
import { isForeign, tableWord } from './targets.ts'

export const alterTable = (table: { readonly name: string }, isOnly = false): string => `ALTER TABLE ${isOnly ? 'ONLY ' : ''}${nameOf(table.name)}`

const suffixOf = (constraint: StructureObject): string =>
  `${isSaid(constraint, 'notEnforced') ? ' NOT ENFORCED' : ''}${isSaid(constraint, 'notValid') && !isSaid(constraint, 'notEnforced') ? ' NOT VALID' : ''}`

export const isForeignKey = (constraint: StructureObject): boolean => textIn(constraint, 'type') === 'foreign key'
/** NO INHERIT and the like are in the definition. */
export const constraintText = (constraint: StructureObject): string =>
  `CONSTRAINT ${nameOf(constraint.name)} ${textIn(constraint, 'definition') ?? ''}${suffixOf(constraint)}`
export const addConstraint = (constraint: StructureObject): string => `ALTER TABLE ${nameOf(constraint.of)} ADD ${constraintText(constraint)}`

/** In the order of the table; those of its parents come with these. */
const columnsOf = (table: StructureObject, inventory: Inventory): readonly StructureObject[] => {
  const columns = inventory.parts(table.name, 'column')
  const order = listIn(table, 'columns', 'order')
  return columns.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
}

const isInline = (constraint: StructureObject): boolean => !isForeignKey(constraint) && !isSaid(constraint, 'inherited') && !isSaid(constraint, 'notValid')

const storageClause = (table: StructureObject): string => {
  const options = listIn(table, 'options', 'storage').map(optionText)
  const method = textIn(table, 'method', 'storage')
  const tablespace = textIn(table, 'tablespace', 'storage')
  return [
    ...(method === null ? [] : [`\nUSING ${method}`]),
    ...(options.length > 0 ? [`\nWITH (${options.join(', ')})`] : []),
    ...(tablespace === null ? [] : [`\nTABLESPACE ${nameOf(tablespace)}`]),
  ].join('')
}

const body = (lines: readonly string[]): string => (lines.length === 0 ? '()' : `(\n${lines.map((line) => `  ${line}`).join(',\n')}\n)`)

/** Of a partition only what differs from its parent; PostgreSQL copies the rest. */
export const createTable = (table: StructureObject, inventory: Inventory): string => {
  const unlogged = isSaid(table, 'unlogged') ? 'UNLOGGED ' : ''
  const constraints = inventory.parts(table.name, 'constraint').filter(isInline).map(constraintText)
  const partitionBy = textIn(table, 'partitionBy')
  const partitioned = partitionBy === null ? '' : `\nPARTITION BY ${partitionBy}`
  const partitionOf = textIn(table, 'partitionOf')
  const create = `CREATE ${unlogged}${tableWord(table)} ${nameOf(table.name)}`
  if (partitionOf !== null) {
    const own = constraints.length > 0 ? ` ${body(constraints)}` : ''
    return `${create} PARTITION OF ${partitionOf}${own} ${textIn(table, 'bound') ?? ''}${partitioned}${storageClause(table)}`
  }
  const columns = columnsOf(table, inventory).filter((column) => !isSaid(column, 'inherited') || isSaid(column, 'local'))
  const parents = listIn(table, 'inherits')
  const ofType = textIn(table, 'ofType')
  const lines = [...(ofType === null ? columns.map(columnDefinition) : []), ...constraints]
  const head = ofType === null ? `${create} ${body(lines)}` : `${create} OF ${ofType}${lines.length > 0 ? ` ${body(lines)}` : ''}`
  const server = isForeign(table) ? `\nSERVER ${nameOf(textIn(table, 'server') ?? '')}` : ''
  return `${head}${parents.length > 0 ? `\nINHERITS (${parents.join(', ')})` : ''}${partitioned}${server}${storageClause(table)}`
}

/** Of columns that come from a parent what is their own: PostgreSQL copies a default, and lets it differ. */
const inheritedColumns = (table: StructureObject, inventory: Inventory): string[] =>
  columnsOf(table, inventory)
    .filter((column) => isSaid(column, 'inherited'))
    .flatMap((column) => {
      const origin = inventory.origins(column).flatMap((name) => inventory.get(name) ?? [])[0]
      const [own, parents] = [textIn(column, 'default'), textIn(origin, 'default')]
      if (own === parents) return []
      return [`ALTER TABLE ${nameOf(column.of)} ALTER COLUMN ${nameOf(column.name)} ${own === null ? 'DROP DEFAULT' : `SET DEFAULT ${own}`}`]
    })

/** `full`, `nothing`, `index NAME`; null: its primary key. */
export const replicaIdentity = (table: { readonly name: string }, identity: string | null): string =>
  `${alterTable(table)} REPLICA IDENTITY ${identity === null ? 'DEFAULT' : identity.startsWith('index ') ? `USING INDEX ${nameOf(identity.slice('index '.length))}` : identity.toUpperCase()}`

/** Of an index, or of a constraint that has one of its name. */
const indexStorage = (index: StructureObject): string[] => {
  const tablespace = textIn(index, 'tablespace', 'storage')
  return [
    ...changeOptions(`ALTER INDEX ${nameOf(index.name)}`, null, listIn(index, 'options', 'storage')),
    ...indexStatistics(index, listIn(index, 'statistics', 'storage')),
    ...(tablespace === null ? [] : [`ALTER INDEX ${nameOf(index.name)} SET TABLESPACE ${nameOf(tablespace)}`]),
    ...(isSaid(index, 'clustered', 'storage') ? [clusterOn(index, true)] : []),
  ]
}
/** `2: 500`: of its second column. */
export const indexStatistics = (index: StructureObject, entries: readonly string[]): string[] =>
  entries.map((entry) => {
    const [column = '', target = ''] = entry.split(': ')
    return `ALTER INDEX ${nameOf(index.name)} ALTER COLUMN ${column} SET STATISTICS ${target}`
  })
export const clusterOn = (index: StructureObject, isOn: boolean): string =>
  isOn ? `ALTER TABLE ${nameOf(index.of)} CLUSTER ON ${nameOf(index.name)}` : `ALTER TABLE ${nameOf(index.of)} SET WITHOUT CLUSTER`

const states: Readonly<Record<string, string>> = { disabled: 'DISABLE', replica: 'ENABLE REPLICA', always: 'ENABLE ALWAYS' }
/** Of a trigger or a rule; null: as it is when it is made. */
export const enableState = (object: StructureObject, state: string | null): string =>
  `ALTER TABLE ${nameOf(object.of)} ${states[state ?? ''] ?? 'ENABLE'} ${object.kind === 'rule' ? 'RULE' : 'TRIGGER'} ${nameOf(object.name)}`

const createPolicy = (policy: StructureObject, writing: Writing): string => {
  const roles = listIn(policy, 'roles')
  const [command, using, check] = [textIn(policy, 'command'), textIn(policy, 'using'), textIn(policy, 'check')]
  return write(
    [
      `CREATE POLICY ${nameOf(policy.name)} ON ${nameOf(policy.of)}`,
      policy.facts.structure?.permissive === false ? ' AS RESTRICTIVE' : '',
      command === null || command === 'all' ? '' : ` FOR ${command.toUpperCase()}`,
      ...(roles.length === 0 || roles.join() === 'public' ? [] : [' TO ', ...listed(roles.map(roleOf))]),
      using === null ? '' : ` USING (${using})`,
      check === null ? '' : ` WITH CHECK (${check})`,
    ],
    writing,
  )
}

/** PostgreSQL prints ONLY for a partitioned table, where nobody wrote it. */
const indexText = (index: StructureObject): string => {
  const head = ` INDEX ${nameOf(index.name)} ON `
  return textIn(index, 'definition')?.replace(`${head}ONLY `, head) ?? ''
}

export const createStatistics = (statistics: StructureObject): string[] => {
  const target = textIn(statistics, 'statistics', 'storage')
  return [textIn(statistics, 'definition') ?? '', ...(target === null ? [] : [`ALTER STATISTICS ${nameOf(statistics.name)} SET STATISTICS ${target}`])]
}

/** A constraint, index, trigger, rule, policy or statistics: made, and as it should be. */
export const createPart = (part: StructureObject, writing: Writing): string[] => {
  const definition = textIn(part, 'definition')?.replace(/;$/, '')
  const make = (): string[] => {
    if (part.kind === 'constraint') return [addConstraint(part), ...indexStorage(part)]
    if (part.kind === 'policy') return [createPolicy(part, writing)]
    const state = textIn(part, 'enabled')
    if (part.kind === 'index') return [indexText(part), ...indexStorage(part)]
    if (part.kind === 'statistics') return createStatistics(part)
    return [definition ?? '', ...(state === null ? [] : [enableState(part, state)])]
  }
  return [...make(), ...attributesOf(part, writing)]
}

/** What is said of a table once it is there, its parts last. */
export const afterTable = (table: StructureObject, inventory: Inventory, writing: Writing): string[] => {
  const alter = alterTable(table)
  const identity = textIn(table, 'replicaIdentity')
  const parts = inventory.parts(table.name).filter((part) => part.kind !== 'column' && !isSaid(part, 'inherited') && textIn(part, 'attachedTo') === null)
  const inline = parts.filter((part) => part.kind === 'constraint' && isInline(part))
  return [
    ...inventory.ownedSequences(table.name).map((sequence) => ownedBy(sequence)),
    ...inheritedColumns(table, inventory),
    ...inline.flatMap((part) => [...indexStorage(part), ...attributesOf(part, writing)]),
    ...parts.filter((part) => !inline.includes(part) && part.kind !== 'policy').flatMap((part) => createPart(part, writing)),
    ...(isSaid(table, 'rowSecurity') ? [`${alter} ENABLE ROW LEVEL SECURITY`] : []),
    ...(isSaid(table, 'forceRowSecurity') ? [`${alter} FORCE ROW LEVEL SECURITY`] : []),
    ...parts.filter((part) => part.kind === 'policy').flatMap((part) => createPart(part, writing)),
    ...(identity === null ? [] : [replicaIdentity(table, identity)]),
    ...attributesOf(table, writing),
    ...columnsOf(table, inventory).flatMap((column) => afterColumn(column, writing)),
  ]
}

export const ownedBy = (sequence: StructureObject): string => `ALTER SEQUENCE ${nameOf(sequence.name)} OWNED BY ${textIn(sequence, 'ownedBy') ?? 'NONE'}`
