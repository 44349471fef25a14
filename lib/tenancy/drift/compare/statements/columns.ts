/** Columns: as they stand in CREATE TABLE, and what is said of them afterwards. */
import type { StructureObject } from '../../../contract/structure.ts'
import { listIn, textIn, valueOf } from '../inventory.ts'
import { nameOf } from '../names.ts'
import { attributesOf, changeOptions } from './attributes.ts'
import type { Writing } from './roles.ts'

/** `stored (price * 2)` and `virtual (price * 2)`. */
export const generationOf = (column: StructureObject): string | null => {
  const text = textIn(column, 'generated')
  if (text === null) return null
  const isVirtual = text.startsWith('virtual ')
  const expression = text.slice(text.indexOf(' ') + 1)
  return `GENERATED ALWAYS AS (${expression}) ${isVirtual ? 'VIRTUAL' : 'STORED'}`
}

export const identityOf = (column: StructureObject): string | null => {
  const identity = textIn(column, 'identity')
  if (identity === null) return null
  const options = listIn(column, 'identityOptions')
  return `GENERATED ${identity.toUpperCase()} AS IDENTITY${options.length > 0 ? ` (${options.join(' ')})` : ''}`
}

export const isNotNull = (column: StructureObject): boolean => valueOf(column, 'nullable') === false

export const columnDefinition = (column: StructureObject): string => {
  const value = textIn(column, 'default')
  const collation = textIn(column, 'collation')
  return [
    nameOf(column.name),
    textIn(column, 'type') ?? '',
    ...(collation === null ? [] : [`COLLATE ${collation}`]),
    ...(value === null ? [] : [`DEFAULT ${value}`]),
    ...[generationOf(column), identityOf(column)].filter((text) => text !== null),
    ...(isNotNull(column) ? ['NOT NULL'] : []),
  ].join(' ')
}

export const alterColumn = (column: { readonly of: string; readonly name: string }, isOnly = false): string =>
  `ALTER TABLE ${isOnly ? 'ONLY ' : ''}${nameOf(column.of)} ALTER COLUMN ${nameOf(column.name)}`

export const columnStorage = (column: StructureObject): string[] => {
  const alter = alterColumn(column)
  const storage = (field: string): string | null => textIn(column, field, 'storage')
  return [
    ...(storage('storage') === null ? [] : [`${alter} SET STORAGE ${storage('storage')?.toUpperCase() ?? ''}`]),
    ...(storage('compression') === null ? [] : [`${alter} SET COMPRESSION ${storage('compression') ?? ''}`]),
    ...(storage('statistics') === null ? [] : [`${alter} SET STATISTICS ${storage('statistics') ?? ''}`]),
    ...changeOptions(alter, null, listIn(column, 'options', 'storage')),
  ]
}

export const afterColumn = (column: StructureObject, writing: Writing): string[] => [...columnStorage(column), ...attributesOf(column, writing)]
