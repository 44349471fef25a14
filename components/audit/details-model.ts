/** What an audit row knows beside who, what and to what: fields of any depth, for people. */
import { formatCount, formatUtc } from '@/lib/format'

export type Details = Readonly<Record<string, unknown>>

/** One with a text, or one that holds others. */
export type DetailField = { readonly name: string; readonly text: string } | { readonly name: string; readonly fields: readonly DetailField[] }

const empty = '–'
const listShown = 20
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/

const isRecord = (value: unknown): value is Details => typeof value === 'object' && value !== null && !Array.isArray(value)

const textOf = (value: unknown): string => {
  if (value === null || value === undefined || value === '') return empty
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return instant.test(value) ? formatUtc(value) : value
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}

const more = (count: number): string => `and ${formatCount(count)} more`

const fieldOf = (name: string, value: unknown): DetailField => {
  if (Array.isArray(value)) return listField(name, value)
  if (!isRecord(value)) return { name, text: textOf(value) }
  const entries = Object.entries(value)
  // What people call their labels stays as it is.
  return entries.length === 0 ? { name, text: empty } : { name, fields: entries.map(([key, one]) => fieldOf(name === 'labels' ? key : wordsOf(key), one)) }
}

const listField = (name: string, list: readonly unknown[]): DetailField => {
  const shown = list.slice(0, listShown)
  const left = list.length - shown.length
  if (list.length === 0) return { name, text: empty }
  if (!list.some((one) => isRecord(one) || Array.isArray(one))) return { name, text: [...shown.map(textOf), ...(left > 0 ? [more(left)] : [])].join(', ') }
  const fields = shown.map((one, index) => fieldOf(String(index + 1), one))
  return { name, fields: left > 0 ? [...fields, { name: '…', text: more(left) }] : fields }
}

/** `expiresAt` → "expires at" */
const wordsOf = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

export const detailFields = (details: Details): readonly DetailField[] => Object.entries(details).map(([key, value]) => fieldOf(wordsOf(key), value))

const lineOf = (field: DetailField): readonly string[] =>
  'fields' in field ? field.fields.flatMap(lineOf).map((text) => `${field.name} ${text}`) : field.text === empty ? [] : [`${field.name} ${field.text}`]

/** Details in a line: `from admin, to operator`; what is empty is left out. */
export const detailsLine = (details: Details): string => detailFields(details).flatMap(lineOf).join(', ')

export const rawDetails = (details: Details): string => JSON.stringify(details, null, 2)
