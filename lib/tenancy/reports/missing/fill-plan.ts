/** What may stand in place of a column or table that a tenant lacks: frozen with the run, from the set's newest structure. */
import type { ReportColumn } from '../../contract/reports.ts'
import type { FillColumn, FillTable } from '../../control/report-tables.ts'
import { parseStatements } from '../../sql/statements.ts'
import type { HeadStructure } from '../structure.ts'
import { namedTables } from './named-tables.ts'

/** A domain may refuse NULL, and need not be there; what comes of it is told as what it is made of. */
const madeOf = (type: string, domains: HeadStructure['domains']): string => {
  const base = domains.get(type)
  return base === undefined ? type : madeOf(base, domains)
}

/** @param statement as it is sent to each tenant */
export const planFill = async ({ tables, domains }: HeadStructure, statement: string): Promise<readonly FillTable[]> => {
  const [parsed] = await parseStatements(statement)
  return namedTables(parsed?.node).flatMap(({ name, isOnly, asksFor }) => {
    const known = tables.find((table) => table.name === name)
    if (!known) return []
    const toFill = (column: ReportColumn): FillColumn => ({
      name: column.name,
      type: madeOf(column.type, domains),
      instead: column.type.endsWith('[]') ? 'text[]' : 'text',
      isAsked: asksFor(column.name),
    })
    return [{ name, isOnly, columns: known.columns.map(toFill) }]
  })
}
