import { describe, expect, it } from 'vitest'
import { reportExport, reportFileFormats } from '../../../lib/server/report-export.ts'
import { systemActor, type ReportRow, type ReportRun, type Tenancy } from '../../../lib/tenancy/contract/index.ts'

const report: ReportRun = {
  run: 7,
  set: 'app',
  report: null,
  state: 'succeeded',
  rows: 4,
  tenants: 1,
  sampledOf: null,
  answered: 1,
  startedBy: 'ada@example.org',
  note: '',
  createdAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.000Z',
  expiresAt: '2026-01-08T00:00:00.000Z',
  isExpired: false,
  parentRun: null,
  sql: 'select note from work',
  params: {},
  selection: { kind: 'all' },
  rowCap: 100,
  missing: 'name',
  columns: [
    { name: 'tenant', type: 'text' },
    { name: 'note', type: 'text' },
  ],
  silent: [],
  filled: [],
  leftOut: [],
  childRuns: [],
  asSaved: null,
}

/** Rows that are read out of something that has to be closed. */
const source = (pieces: number) => {
  const seen = { read: 0, closed: 0 }
  async function* stream(): AsyncGenerator<readonly ReportRow[]> {
    try {
      for (; seen.read < pieces; seen.read += 1)
        yield [
          ['acme', `=1+${seen.read}`],
          ['acme', null],
        ]
    } finally {
      seen.closed += 1
    }
  }
  const tenancy = { reports: { stream } } as Partial<{ reports: Partial<Tenancy['reports']> }> as Tenancy
  return { seen, tenancy }
}

describe.each(reportFileFormats)('a report as %s', (format) => {
  it('closes what it reads from when it is whole', async () => {
    const { seen, tenancy } = source(2)
    const response = await reportExport(tenancy, systemActor, report, format, new AbortController().signal)
    expect(response.headers.get('Content-Disposition')).toMatch(new RegExp(`^attachment; filename="tenantry-report-7-.*\\.${format}"$`))
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(30)
    expect(seen).toEqual({ read: 2, closed: 1 })
  })
  it('closes it when the reader goes before the first byte', async () => {
    const { seen, tenancy } = source(1_000_000)
    const response = await reportExport(tenancy, systemActor, report, format, new AbortController().signal)
    await response.body?.cancel()
    expect(seen.closed).toBe(1)
  })
  it('closes it when the reader goes after the first piece', async () => {
    const { seen, tenancy } = source(1_000_000)
    const response = await reportExport(tenancy, systemActor, report, format, new AbortController().signal)
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    expect(seen.closed).toBe(1)
  })
  it('closes it when the browser has gone while the first row was waited for', async () => {
    const { seen, tenancy } = source(1_000_000)
    const gone = new AbortController()
    const answer = reportExport(tenancy, systemActor, report, format, gone.signal)
    gone.abort()
    await (await answer).body?.cancel()
    expect(seen.closed).toBe(1)
  })
  it('tells its reader that it could not be read to its end', async () => {
    const { tenancy } = source(1)
    async function* broken(): AsyncGenerator<readonly ReportRow[]> {
      yield [['acme', 'a']]
      throw new Error('the server has gone')
    }
    const half = { reports: { ...tenancy.reports, stream: broken } } as Partial<{ reports: Partial<Tenancy['reports']> }> as Tenancy
    const response = await reportExport(half, systemActor, report, format, new AbortController().signal)
    await expect(response.arrayBuffer()).rejects.toThrow('the server has gone')
  })
})

it('takes the teeth of formulas, and keeps nothing from the empty string apart', async () => {
  const { tenancy } = source(1)
  const response = await reportExport(tenancy, systemActor, report, 'csv', new AbortController().signal)
  expect(await response.text()).toBe("tenant,note\nacme,'=1+0\nacme,\n")
})
