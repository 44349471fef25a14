/** Types and sequences. */
import type { StructureObject } from '../../../contract/structure.ts'
import { quoteLiteral } from '../../../sql/ident.ts'
import { isSaid, listIn, textIn, valueOf } from '../inventory.ts'
import { nameOf } from '../names.ts'
import { attributesOf } from './attributes.ts'
import type { Writing } from './roles.ts'

/** A default of its type counts from one end to the other; null says so. */
const sequenceFields: ReadonlyArray<readonly [field: string, words: string, unset: string | null]> = [
  ['type', 'AS', 'AS bigint'],
  ['increment', 'INCREMENT BY', 'INCREMENT BY 1'],
  ['min', 'MINVALUE', 'NO MINVALUE'],
  ['max', 'MAXVALUE', 'NO MAXVALUE'],
  ['start', 'START WITH', null],
  ['cache', 'CACHE', 'CACHE 1'],
]

export const createSequence = (sequence: StructureObject, writing: Writing): string[] => {
  const options = sequenceFields.flatMap(([field, words]) => (valueOf(sequence, field) === null ? [] : [`${words} ${String(valueOf(sequence, field))}`]))
  const cycle = isSaid(sequence, 'cycle') ? ['CYCLE'] : []
  return [
    [`CREATE ${isSaid(sequence, 'unlogged') ? 'UNLOGGED ' : ''}SEQUENCE ${nameOf(sequence.name)}`, ...options, ...cycle].join(' '),
    ...attributesOf(sequence, writing),
  ]
}

/** @returns words behind ALTER SEQUENCE that make the named fields what they are in the norm; null where there is no word for the default */
export const sequenceOptions = (norm: StructureObject, fields: readonly string[]): string[] =>
  sequenceFields
    .filter(([field]) => fields.includes(field))
    .map(([field, words, unset]) => {
      const value = valueOf(norm, field)
      return value === null ? (unset ?? `START WITH ${lowest(norm)}`) : `${words} ${String(value)}`
    })
    .concat(fields.includes('cycle') ? [isSaid(norm, 'cycle') ? 'CYCLE' : 'NO CYCLE'] : [])

/** Where nothing is said: its lowest number, or counting down its highest. */
const lowest = (sequence: StructureObject): string => (isDescending(sequence) ? (textIn(sequence, 'max') ?? '-1') : (textIn(sequence, 'min') ?? '1'))
export const isDescending = (sequence: StructureObject): boolean => Number(valueOf(sequence, 'increment') ?? 1) < 0
export const startOf = (sequence: StructureObject): string => textIn(sequence, 'start') ?? lowest(sequence)

/** `positive CHECK ((VALUE > 0))` */
export const checkOf = (entry: string): { readonly name: string; readonly text: string } => {
  const at = entry.indexOf(' CHECK (')
  return { name: entry.slice(0, at), text: entry.slice(at + 1) }
}

export const createType = (type: StructureObject, writing: Writing): string[] => [definition(type), ...attributesOf(type, writing)]

const definition = (type: StructureObject): string => {
  const name = nameOf(type.name)
  const collation = textIn(type, 'collation')
  const collate = collation === null ? '' : ` COLLATE ${collation}`
  switch (textIn(type, 'kind')) {
    case 'enum':
      return `CREATE TYPE ${name} AS ENUM (${listIn(type, 'labels')
        .map((label) => quoteLiteral(label).trim())
        .join(', ')})`
    case 'domain': {
      const value = textIn(type, 'default')
      const checks = listIn(type, 'checks').map(checkOf)
      return [
        `CREATE DOMAIN ${name} AS ${textIn(type, 'base') ?? ''}${collate}`,
        ...(value === null ? [] : [`DEFAULT ${value}`]),
        ...(valueOf(type, 'nullable') === false ? ['NOT NULL'] : []),
        ...checks.map((check) => `CONSTRAINT ${nameOf(check.name)} ${check.text}`),
      ].join(' ')
    }
    case 'composite':
      return `CREATE TYPE ${name} AS (${listIn(type, 'attributes').join(', ')})`
    default:
      return `CREATE TYPE ${name} AS RANGE (SUBTYPE = ${textIn(type, 'subtype') ?? ''}${rangeOptions(type)})`
  }
}

const rangeOptions = (type: StructureObject): string =>
  (
    [
      ['opclass', 'SUBTYPE_OPCLASS'],
      ['collation', 'COLLATION'],
      ['canonical', 'CANONICAL'],
      ['difference', 'SUBTYPE_DIFF'],
      ['multirange', 'MULTIRANGE_TYPE_NAME'],
    ] as const
  )
    .flatMap(([field, word]) => (textIn(type, field) === null ? [] : [`, ${word} = ${textIn(type, field) ?? ''}`]))
    .join('')
