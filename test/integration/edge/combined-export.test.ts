/** What a second SELECT makes of a report's rows, as a file: for whom, from where, and whole. */
import { sql } from 'kysely'
import { beforeAll, expect, test, vi } from 'vitest'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { makePlace } from '../../../lib/tenancy/reports/place.ts'
import { useEdge } from '../../support/edge.ts'
import { insertOneTenant } from '../../support/one-tenant.ts'
import { comeFrom, ownHost, ownRequest } from '../../support/request.ts'

vi.mock('next/headers', () => import('../../support/request.ts'))

const edge = useEdge()

beforeAll(async () => {
  const { db, close } = openControl(edge.controlUrl, { max: 1 })
  await insertOneTenant(db)
  await sql`insert into run (kind, set_id, migrations, digest, started_by, state) select 'report', id, '[]', '', 'ada', 'succeeded' from migration_set`.execute(
    db,
  )
  await sql`insert into run_item (run_id, position, target_id, tenant_id, server_id, state)
    select r.id, 1, t.id, n.id, s.id, 'succeeded' from run r, target t, tenant n, server s`.execute(db)
  const columns = [{ name: 'n', type: 'integer', oid: 23 }]
  await sql`insert into report_run (run_id, sql, statement, params, columns, row_cap, expires_at, chain)
    values (1, 'select 1 as n', 'select 1 as n', '{}', ${JSON.stringify(columns)}::jsonb, 100, now() + interval '1 day', '{1}')`.execute(db)
  await makePlace(db, 1, columns)
  await sql`insert into tenantry_report_1.collected values (1, 'acme', 1, 7), (1, 'acme', 2, 35)`.execute(db)
  await close()
})

const door = () => import('../../../app/api/reports/runs/[run]/export/route.ts')
const path = `http://${ownHost}/api/reports/runs/1/export`
const from = { 'content-type': 'application/x-www-form-urlencoded', origin: `http://${ownHost}`, host: ownHost }
const form = (fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = from): Request =>
  new Request(path, { method: 'POST', headers, body: new URLSearchParams(fields).toString() })

const post = async (request: Request): Promise<Response> => (await door()).POST(request, { params: Promise.resolve({ run: '1' }) })

test('a form is answered with all rows as a file, from whatever lines its text has', async () => {
  comeFrom(ownRequest(await edge.signIn('admin')))
  const many = 'select n\r\nfrom generate_series(1, 12000) n order by n'
  const csv = await post(form({ sql: many, format: 'csv' }))
  expect(csv.headers.get('Content-Disposition')).toMatch(/^attachment; filename="tenantry-report-1-combined-\d{4}-\d\d-\d\d\.csv"$/)
  expect((await csv.text()).split('\n')).toEqual(['n', ...Array.from({ length: 12_000 }, (_, index) => String(index + 1)), ''])
  const { db, close } = openControl(edge.controlUrl, { max: 1 })
  const { rows } = await sql<{ text: string }>`select details ->> 'combine' as text from audit where action = 'reports.export'`.execute(db)
  await close()
  expect(rows).toEqual([{ text: many.replace('\r', '') }])
  const json = await post(form({ sql: 'select sum(n) as total from results', format: 'json' }))
  expect(await json.json()).toMatchObject({ run: { id: 1 }, columns: [{ name: 'total', type: 'bigint' }], rows: [{ total: '42' }], cut: false })
  const workbook = await post(form({ sql: 'select tenant, n from results', format: 'xlsx' }))
  expect(Buffer.from(await workbook.arrayBuffer()).toString('latin1', 0, 2)).toBe('PK')
})

test('what cannot be combined is refused as such, and no file', async () => {
  comeFrom(ownRequest(await edge.signIn('admin')))
  for (const [text, code] of [
    ['select rolname from pg_authid', 'report.refused'],
    ['select nothing from results', 'report.combine'],
  ] as const) {
    const answer = await post(form({ sql: text, format: 'csv' }))
    expect([answer.status, await answer.json()]).toMatchObject([422, { error: { code } }])
  }
  const foreign = await post(form({ sql: 'select n from results' }, { ...from, origin: 'https://elsewhere.example' }))
  expect(await foreign.json()).toMatchObject({ error: { code: 'auth.origin' } })
})

test('rows that are not for a role are not combined for it either', async () => {
  comeFrom(ownRequest(await edge.signIn('support')))
  expect(await (await post(form({ sql: 'select n from results' }))).json()).toMatchObject({ error: { code: 'report.not_yours' } })
})
