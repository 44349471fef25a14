/** Views, functions, procedures and aggregates. */
import type { StructureObject } from '../../../contract/structure.ts'
import { quoteLiteral } from '../../../sql/ident.ts'
import { isSaid, listIn, textIn, valueOf, type Inventory } from '../inventory.ts'
import { dollars, nameOf, routineName } from '../names.ts'
import { attributesOf, optionText } from './attributes.ts'
import { thisSchema, write, type Writing } from './roles.ts'
import { createPart } from './tables.ts'
import { ofKind, wordOf } from './targets.ts'
import { afterColumn, alterColumn } from './columns.ts'

const withOptions = (view: StructureObject): string => {
  const options = [...listIn(view, 'options'), ...listIn(view, 'options', 'storage')].map(optionText)
  return options.length > 0 ? ` WITH (${options.join(', ')})` : ''
}

export const createView = (view: StructureObject, isReplaced = false): string => {
  const definition = (textIn(view, 'definition') ?? '').replace(/;\s*$/, '').trim()
  const rows = view.kind === 'view' ? '' : isSaid(view, 'unpopulated') ? '\nWITH NO DATA' : ''
  return `CREATE ${isReplaced ? 'OR REPLACE ' : ''}${view.kind === 'view' ? 'VIEW' : 'MATERIALIZED VIEW'} ${nameOf(view.name)}${withOptions(view)} AS\n${definition}${rows}`
}

/** What an INSERT into the view gives where nothing is said. */
const viewDefault = (column: StructureObject): string[] => {
  const value = textIn(column, 'default')
  return value === null ? [] : [`${alterColumn(column)} SET DEFAULT ${value}`]
}

export const afterView = (view: StructureObject, inventory: Inventory, writing: Writing): string[] => [
  ...inventory
    .parts(view.name)
    .filter(({ kind }) => kind !== 'column')
    .flatMap((part) => createPart(part, writing)),
  ...attributesOf(view, writing),
  ...inventory.parts(view.name, 'column').flatMap((column) => [...viewDefault(column), ...afterColumn(column, writing)]),
]

/** Written in SQL itself and parsed when it is made, not a text in quotes. */
export const isAtomic = (routine: StructureObject): boolean =>
  textIn(routine, 'language') === 'sql' && /^(?:BEGIN ATOMIC|RETURN\b)/.test(textIn(routine, 'body') ?? '')

/** Settings whose value is a list of names, as it stands. */
const lists: ReadonlySet<string> = new Set(['search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries'])

const settingsOf = (routine: StructureObject): ReadonlyArray<{ readonly name: string; readonly value: string }> =>
  listIn(routine, 'config').map((entry) => ({ name: entry.slice(0, entry.indexOf('=')), value: entry.slice(entry.indexOf('=') + 1) }))

const pathParts = (value: string): string[] => value.split(', ')
const isOwnPath = ({ name, value }: { readonly name: string; readonly value: string }): boolean => name === 'search_path' && pathParts(value).includes('own')

const words = (routine: StructureObject): string[] => {
  const number = (field: string): string | null => (valueOf(routine, field) === null ? null : String(valueOf(routine, field)))
  const volatility = textIn(routine, 'volatility')
  const parallel = textIn(routine, 'parallel')
  const support = textIn(routine, 'support')
  return [
    ...(isSaid(routine, 'window') ? ['WINDOW'] : []),
    ...(volatility === null || volatility === 'volatile' ? [] : [volatility.toUpperCase()]),
    ...(isSaid(routine, 'strict') ? ['STRICT'] : []),
    ...(isSaid(routine, 'securityDefiner') ? ['SECURITY DEFINER'] : []),
    ...(isSaid(routine, 'leakproof') ? ['LEAKPROOF'] : []),
    ...(parallel === null || parallel === 'unsafe' ? [] : [`PARALLEL ${parallel.toUpperCase()}`]),
    ...(number('cost') === null ? [] : [`COST ${number('cost') ?? ''}`]),
    ...(number('rows') === null ? [] : [`ROWS ${number('rows') ?? ''}`]),
    ...(support === null ? [] : [`SUPPORT ${support}`]),
  ]
}

const bodyOf = (routine: StructureObject): string => {
  const body = textIn(routine, 'body') ?? ''
  const library = textIn(routine, 'library')
  if (library !== null) return `AS ${quoteLiteral(library)}, ${quoteLiteral(body)}`
  return isAtomic(routine) ? body.trim() : `AS ${dollars(body)}`
}

/** A path with the schema's own name in it: what the path happens to be where this is run does not count. */
const ownPath = (routine: StructureObject): string[] =>
  settingsOf(routine)
    .filter(isOwnPath)
    .map(({ value }) =>
      write(
        [
          `ALTER ${ofKind(routine)} SET search_path = `,
          ...pathParts(value).flatMap((part, index) => [...(index > 0 ? [', '] : []), part === 'own' ? thisSchema : part]),
        ],
        'run',
      ),
    )

const aggregateFields: ReadonlyArray<readonly [field: string, word: string]> = [
  ['sfunc', 'SFUNC'],
  ['stype', 'STYPE'],
  ['sspace', 'SSPACE'],
  ['finalfunc', 'FINALFUNC'],
  ['combinefunc', 'COMBINEFUNC'],
  ['serialfunc', 'SERIALFUNC'],
  ['deserialfunc', 'DESERIALFUNC'],
  ['initcond', 'INITCOND'],
  ['msfunc', 'MSFUNC'],
  ['minvfunc', 'MINVFUNC'],
  ['mstype', 'MSTYPE'],
  ['msspace', 'MSSPACE'],
  ['mfinalfunc', 'MFINALFUNC'],
  ['minitcond', 'MINITCOND'],
]
const modifying: Readonly<Record<string, string>> = { r: 'READ_ONLY', s: 'SHAREABLE', w: 'READ_WRITE' }

const createAggregate = (aggregate: StructureObject): string => {
  const text = (field: string): string | null => textIn(aggregate, field)
  const sortop = text('sortop')
  const modify = (field: string, word: string): string[] => (text(field) === null ? [] : [`${word} = ${modifying[text(field) ?? ''] ?? 'READ_ONLY'}`])
  const parallel = text('parallel')
  const parts = [
    ...aggregateFields.flatMap(([field, word]) => {
      const value = text(field)
      return value === null ? [] : [`${word} = ${word.endsWith('INITCOND') ? quoteLiteral(value) : value}`]
    }),
    ...(isSaid(aggregate, 'finalfuncExtra') ? ['FINALFUNC_EXTRA'] : []),
    ...(isSaid(aggregate, 'mfinalfuncExtra') ? ['MFINALFUNC_EXTRA'] : []),
    // Given where there is no such function, it would be refused for a moving one.
    ...(text('finalfunc') === null ? [] : modify('finalfuncModify', 'FINALFUNC_MODIFY')),
    ...(text('mfinalfunc') === null ? [] : modify('mfinalfuncModify', 'MFINALFUNC_MODIFY')),
    ...(sortop === null ? [] : [`SORTOP = OPERATOR(${sortop.slice(0, sortop.indexOf('('))})`]),
    ...(parallel === null ? [] : [`PARALLEL = ${parallel.toUpperCase()}`]),
    ...(text('kind') === 'h' ? ['HYPOTHETICAL'] : []),
  ]
  const name = routineName(aggregate.name)
  return `CREATE AGGREGATE ${name.slice(0, name.lastIndexOf('('))}(${text('arguments') ?? '*'}) (${parts.join(', ')})`
}

/** Behind each other: made, and as it should be. */
export const createRoutine = (routine: StructureObject, writing: Writing, isReplaced = false): string[] => {
  const create = `CREATE ${isReplaced ? 'OR REPLACE ' : ''}${wordOf(routine)}`
  if (routine.kind === 'aggregate') return [createAggregate(routine)]
  const isReadable = (setting: { readonly name: string; readonly value: string }): boolean => writing === 'read' && setting.value === 'own'
  const settings = settingsOf(routine)
    .filter((setting) => !isOwnPath(setting) || isReadable(setting))
    .map((setting) =>
      isOwnPath(setting) ? 'SET search_path FROM CURRENT' : `SET ${setting.name} TO ${lists.has(setting.name) ? setting.value : quoteLiteral(setting.value)}`,
    )
  const returns = textIn(routine, 'returns')
  const name = routineName(routine.name)
  return [
    [
      `${create} ${name.slice(0, name.lastIndexOf('('))}(${textIn(routine, 'arguments') ?? ''})`,
      ...(returns === null || routine.kind === 'procedure' ? [] : [`RETURNS ${returns}`]),
      [`LANGUAGE ${textIn(routine, 'language') ?? ''}`, ...words(routine)].join(' '),
      ...settings,
      bodyOf(routine),
    ].join('\n'),
    ...(settingsOf(routine).some(isReadable) ? [] : ownPath(routine)),
  ]
}
