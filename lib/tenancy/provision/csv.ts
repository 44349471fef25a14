import { parse, type Options } from 'csv-parse/sync'
import { maxOnboardRows, onboardRowSchema, type OnboardRow } from '../contract/commands.ts'
import { defaultSchemaName, slugProblem } from '../contract/slug.ts'
import type { CsvProblem } from '../contract/csv.ts'

const columns = ['slug', 'name', 'hosts', 'labels', 'database', 'schema', 'baseline'] as const
type Column = (typeof columns)[number]
const isColumn = (name: string): name is Column => (columns as readonly string[]).includes(name)

export type CsvResult = { readonly rows: readonly OnboardRow[]; readonly problems: readonly CsvProblem[] }
/** What a line asks for, as far as it can be read, whatever else is wrong with it: null, or left out of `hosts`, is what cannot be one. */
export type CsvClaim = {
  readonly line: number
  readonly slug: string | null
  readonly hosts: readonly string[]
  /** Undefined: the set's default. */
  readonly database: string | null | undefined
  readonly schema: string | null
  readonly baseline: string | undefined
}
/** All of the problems, where each slug that can be one stands, and what is asked for. */
export type CsvReading = CsvResult & { readonly lines: ReadonlyMap<string, number>; readonly claims: readonly CsvClaim[] }

/** More than these nobody reads; the file is refused whole either way. */
export const mostCsvProblems = 100

type RawRecord = { readonly record: readonly string[]; readonly line: number }

const refuseAll = (problems: readonly CsvProblem[]): CsvReading => ({ rows: [], problems, lines: new Map(), claims: [] })
const refuse = (line: number, column: string | null, message: string): CsvReading => refuseAll([{ line, column, message }])

/** Whoever decoded the file put U+FFFD where its bytes were not UTF-8; NUL is what UTF-16 looks like. Names would be stored damaged. */
const notUtf8 = (text: string): CsvProblem | null => {
  const at = [text.indexOf('\uFFFD'), text.indexOf('\u0000')].filter((index) => index >= 0)
  if (at.length === 0) return null
  const line = text.slice(0, Math.min(...at)).split('\n').length
  return { line, column: null, message: 'holds a character that is not UTF-8; save the file as UTF-8 (in Excel: “CSV UTF-8”) and take it again' }
}

const syntaxMessages: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quoted value is not closed before the end of the file',
  INVALID_OPENING_QUOTE: 'a quote stands inside a value; quote the whole value and double the quotes in it',
  CSV_INVALID_CLOSING_QUOTE: 'text follows the closing quote of a value',
  CSV_MAX_RECORD_SIZE: 'a row has more than 100,000 characters; is a quote missing?',
}

/** csv-parse knows these by code and says the line in `lines`. */
const syntaxProblem = (error: unknown): CsvProblem => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const line = error instanceof Error && 'lines' in error && typeof error.lines === 'number' ? error.lines : 1
  return { line, column: null, message: syntaxMessages[code] ?? 'cannot be read as CSV from here on' }
}

/** Spreadsheets in many countries write semicolons; the header tells, because no column's name holds one. */
const delimiterOf = (text: string): string => {
  const header = text.trimStart().split('\n', 1)[0] ?? ''
  return header.includes(';') && !header.includes(',') ? ';' : header.includes('\t') && !header.includes(',') ? '\t' : ','
}

/** What stands before a mistake in the CSV itself is read all the same. */
const readRecords = (text: string): { readonly records: readonly RawRecord[]; readonly problems: readonly CsvProblem[] } => {
  const records: RawRecord[] = []
  const options: Options = {
    bom: true,
    delimiter: delimiterOf(text),
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    trim: true,
    max_record_size: 100_000,
    on_record: (record: string[], { lines }) => {
      // `lines` counts to the record's end; a value may hold line ends of its own.
      records.push({ record, line: lines - (record.join('').split('\n').length - 1) })
      return null
    },
  }
  try {
    parse(text, options)
    return { records, problems: [] }
  } catch (error) {
    return { records, problems: [syntaxProblem(error)] }
  }
}

const headerProblems = ({ record, line }: RawRecord): readonly CsvProblem[] => {
  const names = record.map((name) => name.toLowerCase())
  const noSlug = { line, column: 'slug', message: 'is missing: the first line names the columns, and slug must be one of them' }
  // Most likely the file begins with a tenant.
  if (!names.some(isColumn)) return [noSlug]
  const unknown = names
    .filter((name) => !isColumn(name))
    .map((name) => ({ line, column: name.slice(0, 60), message: `is not a column that onboarding knows; these are: ${columns.join(', ')}` }))
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map((name) => ({ line, column: name, message: 'is there twice' }))
  return [...(names.includes('slug') ? [] : [noSlug]), ...unknown, ...twice]
}

/** `plan=pro; region=eu` */
const readLabels = (text: string): { readonly labels: Record<string, string>; readonly problem: string | null } => {
  const labels: Record<string, string> = {}
  for (const part of text.split(';').map((piece) => piece.trim())) {
    if (part === '') continue
    const at = part.indexOf('=')
    if (at < 1) return { labels, problem: `“${part.slice(0, 60)}” is not of the form key=value` }
    const key = part.slice(0, at).trim()
    if (Object.hasOwn(labels, key)) return { labels, problem: `the label “${key.slice(0, 60)}” is there twice` }
    labels[key] = part.slice(at + 1).trim()
  }
  return { labels, problem: null }
}

type Read = { readonly row: OnboardRow | null; readonly claim: CsvClaim | null; readonly problems: readonly CsvProblem[] }

type Typed = Pick<OnboardRow, 'slug' | 'hosts' | 'database' | 'schema' | 'baseline'>

const claimOf = (line: number, { slug, hosts, database, schema, baseline }: Typed, wrong: ReadonlySet<string | null> = new Set()): CsvClaim => ({
  line,
  slug: wrong.has('slug') ? null : slug,
  hosts: wrong.has('hosts') ? [] : hosts.map((host) => host.toLowerCase()),
  database: wrong.has('database') ? null : database,
  schema: wrong.has('schema') || (schema === undefined && wrong.has('slug')) ? null : (schema ?? defaultSchemaName(slug)),
  baseline: wrong.has('baseline') ? undefined : baseline,
})

const readRow = ({ record, line }: RawRecord, header: readonly string[]): Read => {
  if (record.length > header.length)
    return {
      row: null,
      claim: null,
      problems: [
        {
          line,
          column: null,
          message: `has ${record.length} values, but the first line names ${header.length === 1 ? '1 column' : `${header.length} columns`}; quote values that hold the delimiter`,
        },
      ],
    }
  const value = (column: Column): string => record[header.indexOf(column)] ?? ''
  const { labels, problem } = readLabels(value('labels'))
  const optional = (column: Column): string | undefined => (value(column) === '' ? undefined : value(column))
  const typed = {
    slug: value('slug'),
    name: optional('name'),
    hosts: value('hosts')
      .split(/[\s;]+/)
      .filter((host) => host !== ''),
    labels,
    database: optional('database'),
    schema: optional('schema'),
    baseline: optional('baseline'),
  }
  const parsed = onboardRowSchema.safeParse(typed)
  const labelProblems = problem === null ? [] : [{ line, column: 'labels', message: problem }]
  if (parsed.success) return { row: parsed.data, claim: claimOf(line, parsed.data), problems: labelProblems }
  const issues = parsed.error.issues.map((issue) => {
    const [column, which] = issue.path
    const host = column === 'hosts' && typeof which === 'number' ? typed.hosts[which] : undefined
    // What is wrong with a key stands one step deeper.
    const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
    return { line, column: column === undefined ? null : String(column), message: host === undefined ? message : `“${host.slice(0, 80)}” ${message}` }
  })
  return { row: null, claim: claimOf(line, typed, new Set(issues.map(({ column }) => column))), problems: [...labelProblems, ...issues] }
}

const findDoubles = (read: ReadonlyArray<{ readonly slug: string; readonly line: number }>): readonly CsvProblem[] => {
  const first = new Map<string, number>()
  return read.flatMap(({ slug, line }) => {
    const earlier = first.get(slug)
    if (earlier !== undefined) return [{ line, column: 'slug', message: `“${slug.slice(0, 80)}” is there already in line ${earlier}` }]
    first.set(slug, line)
    return []
  })
}

/**
 * Reads the CSV of an onboarding: a header line, then one tenant a line. Hosts are separated by spaces or semicolons, labels are
 * `key=value` separated by semicolons. All problems are told by line and column; with any, no row is to be used.
 */
export const readOnboardCsv = (csv: string): CsvReading => {
  // One kind of line end, so that lines inside quoted values count the same everywhere.
  const text = csv.replace(/\r\n?/g, '\n')
  const wrongText = notUtf8(text)
  if (wrongText) return refuseAll([wrongText])
  const { records, problems: syntaxProblems } = readRecords(text)
  const [first, ...body] = records
  if (syntaxProblems.length > 0 && body.length === 0) return refuseAll(syntaxProblems)
  if (!first) return refuse(1, null, 'the file is empty; its first line names the columns: slug,name,hosts,labels,database,schema,baseline')
  const wrongHeader = headerProblems(first)
  if (wrongHeader.length > 0) return refuseAll([...wrongHeader, ...syntaxProblems])
  if (body.length === 0) return refuse(first.line, null, 'the file holds the names of the columns, but no tenant')
  const tooMany = body[maxOnboardRows]
  if (tooMany)
    return refuse(
      tooMany.line,
      null,
      `the file holds ${body.length.toLocaleString('en')} tenants; ${maxOnboardRows.toLocaleString('en')} at once are the most. Split it`,
    )
  const header = first.record.map((name) => name.toLowerCase())
  const read = body.map((record) => readRow(record, header))
  const slugAt = header.indexOf('slug')
  const written = body.map(({ record, line }) => ({ slug: record[slugAt] ?? '', line })).filter(({ slug }) => slug !== '')
  const problems = [...read.flatMap((one) => one.problems), ...findDoubles(written), ...syntaxProblems].toSorted((a, b) => a.line - b.line)
  const lines = new Map(written.toReversed().flatMap(({ slug, line }) => (slugProblem(slug) === null ? [[slug, line]] : [])))
  return {
    rows: problems.length > 0 ? [] : read.flatMap(({ row }) => (row ? [row] : [])),
    problems,
    lines,
    claims: read.flatMap(({ claim }) => (claim ? [claim] : [])),
  }
}

/** The same without a look at the registry, its first problems only. */
export const parseOnboardCsv = (csv: string): CsvResult => {
  const { rows, problems } = readOnboardCsv(csv)
  return { rows, problems: problems.slice(0, mostCsvProblems) }
}
