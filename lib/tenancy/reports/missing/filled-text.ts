/** A report's text for a tenant that lacks some of what it names: as if that were there and NULL. */
import type { ReportLack } from '../../contract/reports.ts'
import type { FillColumn, FillTable } from '../../control/report-tables.ts'
import { quoteIdent } from '../../sql/ident.ts'
import type { OwnStructure } from './own-structure.ts'

/** What any value can be taken for that has no type there. */
const anyText = 'pg_catalog."text"'

type Part = { readonly lack: ReportLack; readonly cte: string }

const nullAs = (types: OwnStructure['types'], { name, type, instead }: FillColumn): string =>
  `NULL::${types.get(type) ?? types.get(instead) ?? anyText} AS ${quoteIdent(name)}`

const listOf = (items: readonly string[]): string => items.map((item) => ` ${item}`).join(',')

/**
 * Columns stand in the order that they have at head. Should one that was lacking have come meanwhile, its name means two columns, and the server refuses it: it is
 * never NULL where it is there. A table that has come would be hidden behind its own name: whoever asks has to look for it once more.
 */
const partOf = ({ name, isOnly, columns }: FillTable, { tables, types }: OwnStructure): Part | null => {
  const table = quoteIdent(name)
  const own = tables.get(name)
  const begin = `${table} AS NOT MATERIALIZED (SELECT`
  if (own === undefined) return { lack: { table: name, columns: null }, cte: `${begin}${listOf(columns.map((column) => nullAs(types, column)))} WHERE false)` }
  const lacking = columns.filter((column) => column.isAsked && !own.includes(column.name))
  if (lacking.length === 0) return null
  const atHead = columns.filter((column) => own.includes(column.name) || lacking.includes(column)).map((column) => column.name)
  const all = [...new Set([...atHead, ...own])].map((each) => `own.${quoteIdent(each)}`)
  const source = `SELECT own.*,${listOf(lacking.map((column) => nullAs(types, column)))} FROM ${isOnly ? 'ONLY ' : ''}${table} AS own`
  return { lack: { table: name, columns: lacking.map((column) => column.name) }, cte: `${begin}${listOf(all)} FROM (${source}) AS own)` }
}

export type Filled = {
  readonly statement: string
  /** What stands in it in front of the text as it was written. */
  readonly lead: string
  readonly lacks: readonly ReportLack[]
}

/**
 * The tables that lack something are WITH's in front, under their own names, and the text stands behind them as it was written: whatever name of a table in it is
 * shadowed by an alias or a CTE, or belongs to an inner SELECT, is PostgreSQL's to say.
 * @returns null where nothing that is asked for is lacking
 */
export const fillText = (statement: string, fill: readonly FillTable[], own: OwnStructure): Filled | null => {
  const parts = fill.flatMap((table) => partOf(table, own) ?? [])
  if (parts.length === 0) return null
  const lead = `WITH ${parts.map(({ cte }) => cte).join(',\n')}\nSELECT * FROM (`
  // A comment may be its last line.
  return { statement: `${lead}${statement}\n) AS tenantry_filled`, lead, lacks: parts.map(({ lack }) => lack) }
}
