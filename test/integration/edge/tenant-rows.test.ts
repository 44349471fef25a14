/** What PostgreSQL quotes of a tenant's rows when a migration fails, and who gets to see it. */
import { sql } from 'kysely'
import { beforeAll, expect, test, vi } from 'vitest'
import type { AttemptError, Role } from '../../../lib/tenancy/contract/index.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { useEdge } from '../../support/edge.ts'
import { insertOneTenant } from '../../support/one-tenant.ts'
import { comeFrom, ownHost, ownRequest } from '../../support/request.ts'

vi.mock('next/headers', () => import('../../support/request.ts'))

const edge = useEdge()
const secret = 'Failing row contains (17, ada@customer.example, 4200).'
const error: AttemptError = {
  code: '23514',
  message: 'check constraint "due" of relation "invoices" is violated by some row',
  detail: secret,
  hint: null,
  schema: null,
  table: 'invoices',
  constraint: 'due',
  version: '0002',
  file: '0002_due.sql',
  line: 1,
  statement: 'alter table invoices …',
  statementLine: 1,
  offendingRowsQuery: null,
}

beforeAll(async () => {
  const { db, close } = openControl(edge.controlUrl, { max: 1 })
  const text = JSON.stringify(error)
  await insertOneTenant(db)
  await sql`insert into placement (tenant_id, set_id, target_id, isolation) select n.id, t.set_id, t.id, 'schema' from tenant n, target t`.execute(db)
  await sql`insert into outside_change (target_id, note, at, username, application, client, command, object)
    select id, 1, now(), 'grace', 'psql', '10.0.0.4', 'ALTER TABLE', 'orders' from target`.execute(db)
  await sql`insert into run (kind, set_id, migrations, digest, started_by, state) select 'migrate', id, '[]', '', 'ada', 'failed' from migration_set`.execute(
    db,
  )
  await sql`insert into run_item (run_id, position, target_id, tenant_id, server_id, state, error, cause)
    select r.id, 1, t.id, n.id, s.id, 'failed', ${text}::jsonb, 'c' from run r, target t, tenant n, server s`.execute(db)
  await sql`insert into attempt (run_id, position, number, state, started_at, finished_at, worker, error) select run_id, 1, 1, 'failed', now(), now(), 'w', ${text}::jsonb from run_item`.execute(
    db,
  )
  await close()
})

const doors = {
  failures: () => import('../../../app/api/runs/[run]/failures/route.ts'),
  items: () => import('../../../app/api/runs/[run]/items/route.ts'),
  attempts: () => import('../../../app/api/runs/[run]/attempts/route.ts'),
  tenant: () => import('../../../app/api/tenants/[slug]/route.ts'),
} as const
const roles: readonly Role[] = ['admin', 'operator', 'support']

test.each(Object.entries(doors))('%s', async (_, door) => {
  const { GET } = await door()
  for (const role of roles) {
    comeFrom(ownRequest(await edge.signIn(role)))
    const answer = await GET(new Request(`http://${ownHost}/`), { params: Promise.resolve({ run: '1', slug: 'acme' }) })
    const text = await answer.text()
    expect(text).toContain('is violated by some row')
    expect(text.includes('ada@customer.example'), role).toBe(role !== 'support')
  }
})

test('who changed a structure by hand, and from where', async () => {
  const { GET } = await import('../../../app/api/tenants/[slug]/drift/route.ts')
  const { default: Page } = await import('../../../app/tenants/[slug]/page.tsx')
  for (const role of roles) {
    comeFrom(ownRequest(await edge.signIn(role)))
    const answer = await GET(new Request(`http://${ownHost}/`), { params: Promise.resolve({ slug: 'acme' }) })
    const page = await Page({ params: Promise.resolve({ slug: 'acme' }) })
    for (const text of [await answer.text(), JSON.stringify(page.props.state)]) {
      expect(text).toContain('ALTER TABLE')
      expect([text.includes('grace'), text.includes('10.0.0.4')], role).toEqual([role !== 'support', role !== 'support'])
    }
  }
})

const pages = [
  ['runs', () => import('../../../app/runs/[run]/page.tsx')],
  ['tenants', () => import('../../../app/tenants/[slug]/page.tsx')],
] as const

test.each(pages)('the page of %s', async (_, load) => {
  const { default: Page } = await load()
  for (const role of roles) {
    comeFrom(ownRequest(await edge.signIn(role)))
    const page = await Page({ params: Promise.resolve({ run: '1', slug: 'acme' }), searchParams: Promise.resolve({}) })
    const text = JSON.stringify(page.props.state)
    expect(text).toContain('is violated by some row')
    expect(text.includes('ada@customer.example'), role).toBe(role !== 'support')
  }
})
