import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { printReport } from '../../../lib/cli/report-output.ts'
import type { ReportColumn, ReportRow, ReportRun } from '../../../lib/tenancy/contract/index.ts'

const report: ReportRun = {
  run: 1,
  set: 'app',
  report: null,
  parentRun: null,
  childRuns: [],
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
  answered: 1,
  silent: [],
  startedBy: 'ada',
  createdAt: '2026-01-01T00:00:00.000Z',
  finishedAt: null,
  expiresAt: '2026-01-08T00:00:00.000Z',
  isExpired: false,
}
const printed = async (columns: readonly ReportColumn[], rows: readonly ReportRow[]): Promise<string> => {
  const stream = new PassThrough()
  const all = text(stream)
  await printReport(stream, 'csv', { ...report, columns }, [rows])
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
