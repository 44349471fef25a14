import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { combinedRows } from '../../../lib/cli/combined-rows.ts'
import { reportDocument } from '../../../lib/cli/documents.ts'
import { printReport, type ReportFormat } from '../../../lib/cli/report-output.ts'
import { systemActor, type CombinedPiece, type ReportColumn, type ReportRow, type ReportRun, type Tenancy } from '../../../lib/tenancy/contract/index.ts'
import { TenancyError } from '../../../lib/tenancy/index.ts'

const report: ReportRun = {
  run: 1,
  set: 'app',
  report: null,
  parentRun: null,
  childRuns: [],
  asSaved: null,
  leftOut: [],
  note: '',
  selection: null,
  rowCap: 1,
  missing: 'name',
  filled: [],
  state: 'succeeded',
  sql: '',
  params: {},
  columns: [],
  rows: 0,
  tenants: 1,
  sampledOf: null,
  answered: 1,
  silent: [],
  startedBy: 'ada',
  createdAt: '2026-01-01T00:00:00.000Z',
  finishedAt: null,
  expiresAt: '2026-01-08T00:00:00.000Z',
  isExpired: false,
}
const printed = async (columns: readonly ReportColumn[], rows: readonly ReportRow[], format: ReportFormat = 'csv'): Promise<string> => {
  const stream = new PassThrough()
  const all = text(stream)
  await printReport(stream, format, { ...report, columns }, [rows])
  stream.end()
  return all
}

test('in CSV numbers stay numbers, formulas become text, and nothing is not the empty string', async () => {
  const columns = ['text', 'numeric', 'double precision'].map((type) => ({ name: type, type }))
  expect(
    await printed(columns, [
      ['=1+1', '-12.50', '-Infinity'],
      ['-cmd', '-1', null],
      ['', null, '1e-7'],
      [null, '0', '-0'],
      ['a,"b"', '1', '1'],
    ]),
  ).toBe(`text,numeric,double precision\n'=1+1,-12.50,-Infinity\n'-cmd,-1,\n"",,1e-7\n,0,-0\n"a,""b""",1,1\n`)
})

test('the name of a column is no formula either', async () => {
  expect(await printed([{ name: '=1+1', type: 'integer' }], [['-1']])).toBe(`'=1+1\n-1\n`)
})

test('in JSON the tenant stands first, also before a column that is called like a number', async () => {
  const columns = ['tenant', 'b', '1', '__proto__', '"'].map((name) => ({ name, type: 'text' }))
  expect(await printed(columns, [['acme', null, '2', 'x', 'y']], 'json')).toContain('\n  {"tenant":"acme","b":null,"1":"2","__proto__":"x","\\"":"y"}\n')
})

test('who was named and not asked stands in JSON', async () => {
  const stream = new PassThrough()
  const all = text(stream)
  await printReport(stream, 'json', { ...report, leftOut: ['acme'] }, [])
  stream.end()
  expect(reportDocument.parse(JSON.parse(await all))).toMatchObject({ run: { leftOut: ['acme'] }, rows: [], cut: false })
})

test('combined rows that were cut off are told as such, and what is no refusal is thrown', async () => {
  const columns = [{ name: 'n', type: 'integer' }]
  const endingIn = (error: Error): Tenancy => {
    async function* streamCombined(): AsyncGenerator<CombinedPiece> {
      yield { columns, rows: [['1']] }
      yield { columns, rows: [['2']] }
      throw error
    }
    return { reports: { streamCombined } } as Partial<{ reports: Partial<Tenancy['reports']> }> as Tenancy
  }
  const input = { run: 1, sql: 'select 1 as n' }
  const { pieces, cut } = await combinedRows(endingIn(new TenancyError('report.combine_many', { run: 1, most: 2 })), systemActor, input)
  const stream = new PassThrough()
  const all = text(stream)
  await printReport(stream, 'json', { ...report, columns }, pieces, () => cut() !== null)
  stream.end()
  expect(reportDocument.parse(JSON.parse(await all))).toMatchObject({ rows: [{ n: '1' }, { n: '2' }], cut: true })
  expect(cut()).toMatchObject({ rows: 2, reason: { code: 'report.combine_many' } })
  const broken = await combinedRows(endingIn(new Error('gone')), systemActor, input)
  await expect(printReport(new PassThrough(), 'json', report, broken.pieces)).rejects.toThrow('gone')
})
