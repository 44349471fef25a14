import { parse } from 'csv-parse/sync'
import { beforeAll, expect, test, vi } from 'vitest'
import { systemActor, type AuditRow } from '../../../lib/tenancy/contract/index.ts'
import { useEdge } from '../../support/edge.ts'
import { comeFrom, ownHost, ownRequest } from '../../support/request.ts'

vi.mock('next/headers', () => import('../../support/request.ts'))

const edge = useEdge()
const written = 1203

const record = (subject: string, details: Readonly<Record<string, unknown>> = {}): Promise<void> =>
  edge.tenancy.audit.record({ actor: systemActor, action: 'tests.wrote', subjectKind: 'row', subject, details })

beforeAll(async () => {
  await edge.tenancy.audit.record({ actor: systemActor, action: 'tenants.suspend', subjectKind: 'tenant', subject: 'row' })
  for (let start = 0; start < written; start += 100)
    await Promise.all(Array.from({ length: Math.min(100, written - start) }, (_, index) => record(`row-${start + index}`)))
})

test('pages hold every row once, newest first, whatever is written meanwhile', async () => {
  const seen: AuditRow[] = []
  for (let before: number | undefined; ;) {
    const { rows, next } = await edge.tenancy.audit.list({ action: 'tests.', before, limit: 100 })
    seen.push(...rows)
    await record('written-meanwhile')
    if (next === null) break
    before = next
  }
  expect(seen).toHaveLength(written)
  expect(new Set(seen.map(({ subject }) => subject)).size).toBe(written)
  expect(seen.map(({ id }) => id)).toEqual(seen.map(({ id }) => id).toSorted((a, b) => b - a))
})

test('a page that ends with the last row has no next one', async () => {
  for (const subject of ['edge-a', 'edge-b']) await record(subject)
  expect(await edge.tenancy.audit.list({ subject: 'edge-', limit: 2 })).toMatchObject({ rows: [{}, {}], next: null })
  expect((await edge.tenancy.audit.list({ subject: 'edge-', limit: 1 })).next).not.toBeNull()
})

test('filters take text literally, and join', async () => {
  for (const subject of ['100%', '100x', 'a_b', 'axb', 'back\\slash', "quo'te"]) await record(subject)
  const subjects = async (subject: string): Promise<string[]> =>
    (await edge.tenancy.audit.list({ subject, action: 'tests.wrote', limit: 10 })).rows.map((row) => row.subject)
  expect(await subjects('100%')).toEqual(['100%'])
  expect(await subjects('A_B')).toEqual(['a_b'])
  expect(await subjects('back\\')).toEqual(['back\\slash'])
  expect(await subjects("quo't")).toEqual(["quo'te"])
  expect((await edge.tenancy.audit.list({ actor: 'ADMIN@', action: 'people.redeem', limit: 5 })).rows).toMatchObject([{ actorKind: 'person' }])
  expect((await edge.tenancy.audit.list({ from: new Date(Date.now() + 60_000).toISOString(), limit: 5 })).rows).toEqual([])
  expect((await edge.tenancy.audit.list({ to: new Date(Date.now() - 3_600_000).toISOString(), limit: 5 })).rows).toEqual([])
})

test('a tenant’s page has its own rows, however many newer ones of others hold its name', async () => {
  const { GET } = await import('../../../app/api/tenants/[slug]/audit/route.ts')
  comeFrom(ownRequest(await edge.signIn('operator')))
  const answer = await GET(new Request(`http://${ownHost}/api/tenants/row/audit`), { params: Promise.resolve({ slug: 'row' }) })
  expect(await answer.json()).toMatchObject([{ action: 'tenants.suspend', subject: 'row' }])
})

const exported = async (search: string): Promise<Response> => {
  const { GET } = await import('../../../app/api/audit/export/route.ts')
  comeFrom(ownRequest(await edge.signIn('admin')))
  return GET(new Request(`http://${ownHost}/api/audit/export?${search}`), { params: Promise.resolve({}) })
}

test('an export holds all that the filter matches, beyond one page, and is itself audited', async () => {
  const answer = await exported('format=json&subject=row-')
  expect(answer.headers.get('Content-Disposition')).toMatch(/^attachment; filename="tenantry-audit-\d{4}-\d\d-\d\d\.json"$/)
  expect(answer.headers.get('Cache-Control')).toBe('no-store')
  const document: { rows: AuditRow[] } = await answer.json()
  expect(document.rows).toHaveLength(written)
  const { rows } = await edge.tenancy.audit.list({ action: 'audit.export', limit: 1 })
  expect(rows).toMatchObject([{ actor: 'admin@example.com', subject: 'json', details: { subject: 'row-' } }])
})

test('a spreadsheet runs nothing of a CSV, and every cell comes back', async () => {
  await record('=1+1', { note: 'a "quoted", two-line\ntext' })
  const text = await (await exported('format=csv&subject=%3D1')).text()
  const rows: Array<Record<string, string>> = parse(text, { columns: true })
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({ action: 'tests.wrote', subject: "'=1+1" })
  expect(JSON.parse(rows[0]?.details ?? '')).toEqual({ note: 'a "quoted", two-line\ntext' })
})

test('an export without rows is still a document', async () => {
  expect(await (await exported('format=json&subject=nothing-has-this')).json()).toEqual({ rows: [] })
  expect((await (await exported('subject=nothing-has-this')).text()).trim()).toBe('id,at,actorKind,actor,action,subjectKind,subject,details')
})
