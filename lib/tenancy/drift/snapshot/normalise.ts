/** What servers, or ways to the same structure, say differently. Each rule names the quirk that it undoes. */
import { schemaName, type Names } from './names.ts'

export const withoutEnd = (text: string, end: string): string => (end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text)

/** Words by which a boolean option may have been set; PostgreSQL keeps the one that was written. */
const truths: ReadonlySet<string> = new Set(['on', 'yes', '1', 'true', 't', 'y'])
const untruths: ReadonlySet<string> = new Set(['off', 'no', '0', 'false', 'f', 'n'])
const booleanOptions: ReadonlySet<string> = new Set([
  'security_barrier',
  'security_invoker',
  'autovacuum_enabled',
  'vacuum_truncate',
  'user_catalog_table',
  'fastupdate',
  'deduplicate_items',
  'autosummarize',
])

const optionText = (option: string): string => {
  const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(option) ?? []
  if (!booleanOptions.has(name)) return option
  const word = value.toLowerCase()
  if (truths.has(word)) return `${name}=true`
  return untruths.has(word) ? `${name}=false` : option
}

/** Storage parameters and options of views, in no order that means anything. */
export const optionsOf = (options: readonly string[] | null): readonly string[] => (options ?? []).map(optionText).toSorted()

/** As PostgreSQL prints a value after WITH: bare where it could be a name. */
const printedOption = (option: string): string => {
  const [, name = option, value = ''] = /^([^=]*)=(.*)$/s.exec(option) ?? []
  return `${name}=${/^[a-z_][a-z0-9_]*$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`}`
}

/** pg_get_indexdef prints storage parameters in the middle; they are a facet of their own. Found from the end, where only the predicate follows. */
export const withoutOptions = (definition: string, options: readonly string[] | null, predicate: string): string => {
  if (options === null || options.length === 0 || !definition.endsWith(predicate)) return definition
  const head = withoutEnd(definition, predicate)
  const given = [` WITH (${options.map(printedOption).join(', ')})`, ` WITH (${options.map((option) => option.replace(/=(.*)$/s, "='$1'")).join(', ')})`]
  const found = given.find((words) => head.endsWith(words))
  return found === undefined ? definition : `${head.slice(0, -found.length)}${predicate}`
}

/** A list of names as a setting holds them. null: it is not such a list. */
const namesIn = (value: string): readonly string[] | null => {
  const names: string[] = []
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^",\s]+))\s*(?:,|$)/gy
  while (pattern.lastIndex < value.length) {
    const found = pattern.exec(value)
    if (!found) return null
    names.push(found[1] === undefined ? (found[2] ?? '').toLowerCase() : found[1].replaceAll('""', '"'))
  }
  return names
}

/** A function that was made with its path keeps the schema's name in it, as text. */
export const settingText = (setting: string, names: Names): string => {
  const value = setting.startsWith('search_path=') ? namesIn(setting.slice('search_path='.length)) : null
  return value === null ? setting : `search_path=${value.map((name) => schemaName(name, names)).join(', ')}`
}
