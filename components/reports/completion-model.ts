/** What is offered while a report is written, by what stands before the word. Pure: the editor asks it. */

/** Columns by table. */
export type TableColumns = Readonly<Record<string, readonly string[]>>

/** Behind these an expression or a table is written; behind any other word, a bracket or a string comes a name that the author makes up, or a keyword. */
const beforeNames = new Set(
  `select distinct all from join only lateral where and or on by having not in between like ilike similar to is when then else case over filter limit offset
  union except intersect using any some exists values partition within cast interval return as materialized order group left right full inner cross outer
  natural table for fetch escape collate`.split(/\s+/),
)
const lastToken = /([\w$]+|\)|\]|"(?:[^"]|"")*"|'(?:[^']|'')*')\s+$/

/** @param before the text up to the word that is typed; whether that word is one that the author makes up: behind AS, behind an expression or a table */
export const isNewName = (before: string): boolean => {
  const token = lastToken.exec(before)?.[1]?.toLowerCase()
  return token !== undefined && (token === 'as' || !beforeNames.has(token))
}

/** A comma also stands between columns, whose names are seldom those of tables. */
const tableAt = /(?:\b(?:from|join)\s+|,\s*)("[^"]+"|[\w$]+)/gi

/** Tables that the text reads, wherever in it they are named. */
export const tablesIn = (text: string, tables: TableColumns): readonly string[] => {
  const named = new Set(Array.from(text.matchAll(tableAt), ([, word = '']) => (word.startsWith('"') ? word.slice(1, -1) : word.toLowerCase())))
  return Object.keys(tables).filter((table) => named.has(table))
}

export type OfferedColumn = { readonly name: string; /** "invoices", "invoices and 2 more" */ readonly tables: string }

/** Columns of the tables that the text reads; of all, while it reads none. */
export const columnsFor = (text: string, tables: TableColumns): readonly OfferedColumn[] => {
  const read = tablesIn(text, tables)
  const places = new Map<string, string[]>()
  for (const table of read.length > 0 ? read : Object.keys(tables))
    for (const column of tables[table] ?? []) places.set(column, [...(places.get(column) ?? []), table])
  return Array.from(places, ([name, [first = '', ...more]]) => ({ name, tables: more.length === 0 ? first : `${first} and ${more.length} more` }))
}

/** Where a table is named, and no column. */
export const isTablePlace = (before: string): boolean => /\b(?:from|join|lateral|only)\s+$/i.test(before)
