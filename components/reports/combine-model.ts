/** A second SELECT over what came back: what one might want to know, said for the columns that there are. */
import type { ReportColumn } from '@/lib/tenancy/contract'
import type { TableColumns } from './completion-model'
import { quoted } from './quoted-name'
import { isNumber } from './report-model'

/** Beside `results`, what there is to join it with. */
const tenantColumns = ['tenant', 'slug', 'name', 'labels', 'database', 'bytes', 'version'] as const

export const combineTables = (columns: readonly ReportColumn[]): TableColumns => ({ results: columns.map(({ name }) => name), tenants: [...tenantColumns] })

export type Suggestion = { readonly label: string; readonly sql: string }

/** The column's own name for what comes of it, unless it is taken. */
export const suggestionsFor = (columns: readonly ReportColumn[]): readonly Suggestion[] => {
  const numbers = columns.filter(isNumber)
  const first = numbers[0]
  const rows: Suggestion = {
    label: 'Rows by database',
    sql: 'select database, count(*) as row_count, count(distinct tenant) as tenants\nfrom results join tenants using (tenant)\ngroup by database\norder by row_count desc',
  }
  if (first === undefined) return [rows]
  const name = quoted(first.name)
  const sums = numbers.slice(0, 5).map((column) => `sum(${quoted(column.name)}) as ${quoted(column.name)}`)
  return [
    { label: 'Totals', sql: `select count(distinct tenant) as tenants, ${sums.join(', ')}\nfrom results` },
    { label: 'Top ten', sql: `select tenant, sum(${name}) as ${name}\nfrom results\ngroup by tenant\norder by ${name} desc nulls last\nlimit 10` },
    {
      label: 'Percentiles',
      sql: `select percentile_cont(0.5) within group (order by ${name}) as p50,\n  percentile_cont(0.9) within group (order by ${name}) as p90,\n  percentile_cont(0.99) within group (order by ${name}) as p99\nfrom results`,
    },
    {
      label: 'By database',
      sql: `select database, sum(${name}) as ${name}, count(distinct tenant) as tenants\nfrom results join tenants using (tenant)\ngroup by database\norder by ${name} desc nulls last`,
    },
  ]
}
