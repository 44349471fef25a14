import { expect, test } from 'vitest'
import { auditHref, auditSearch, detailsLine, isFiltered, subjectHref, toAuditFilter } from '../../../components/audit/audit-model.ts'
import { auditFilter } from '../../../lib/tenancy/contract/index.ts'

test('days become instants, the last day included', () => {
  const filter = toAuditFilter(auditSearch.parse({ actor: 'ada', from: '2026-02-27', to: '2026-02-28' }), 100)
  expect(filter).toMatchObject({
    actor: 'ada',
    from: '2026-02-27T00:00:00Z',
    to: '2026-03-01T00:00:00.000Z',
    limit: 100,
  })
  expect(auditFilter.parse(filter)).toMatchObject(filter)
})

test('what makes no sense in an address is refused, with what would be right', () => {
  const parsed = auditSearch.safeParse({ from: 'yesterday', to: '9999-12-31', before: 'x', actor: 'a'.repeat(500) })
  expect(parsed.error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`)).toEqual([
    'actor is longer than 120 characters',
    'from is not a day, such as 2026-02-28',
    'to is not a day, such as 2026-02-28',
    'before is not the number of a row, such as 120',
  ])
})

test('the empty fields that a form sends filter nothing', () => {
  const search = auditSearch.parse({ actor: '', action: '', subject: '', from: '', to: '' })
  expect(isFiltered(search)).toBe(false)
  expect(toAuditFilter(search, 100)).toEqual({ limit: 100 })
})

test('an address holds only what is set', () => {
  expect(auditHref('/audit', { actor: 'ada & co', subject: '' }, { before: 17 })).toBe('/audit?actor=ada+%26+co&before=17')
  expect(auditHref('/audit', {})).toBe('/audit')
})

test('subjects lead to their pages', () => {
  expect(subjectHref('tenant', 'acme')).toBe('/tenants/acme')
  expect(subjectHref('run', '42')).toBe('/runs/42')
  expect(subjectHref('person', 'ada@example.com')).toBeNull()
})

test('details are a line', () => {
  expect(detailsLine({ from: 'admin', to: 'operator', count: 3, list: ['a'], expiresAt: 'soon' })).toBe(
    'from admin, to operator, count 3, list ["a"], expires at soon',
  )
})
