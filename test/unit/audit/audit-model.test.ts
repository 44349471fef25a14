import { expect, test } from 'vitest'
import { auditHref, auditSearch, isFiltered, subjectHref, toAuditFilter } from '../../../components/audit/audit-model.ts'
import { detailFields, detailsLine, rawDetails } from '../../../components/audit/details-model.ts'
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

const ended = {
  run: 42,
  backendStart: '2026-11-21T04:00:00.000001Z',
  session: { application: 'forgotten psql', isOurs: false, query: null, waitsFor: [], holds: [{ mode: 'ShareLock', relation: 'orders' }] },
}

test('details are a line, without what is empty', () => {
  expect(detailsLine({ from: 'admin', to: 'operator', count: 3, list: ['a', 'b'], note: '', expiresAt: 'soon' })).toBe(
    'from admin, to operator, count 3, list a, b, expires at soon',
  )
  expect(detailsLine(ended)).toBe(
    'run 42, backend start 2026-11-21 04:00:00 UTC, session application forgotten psql, session is ours no, session holds 1 mode ShareLock, session holds 1 relation orders',
  )
})

test('details are a list of fields and values, nested ones below theirs', () => {
  expect(detailFields(ended)).toEqual([
    { name: 'run', text: '42' },
    { name: 'backend start', text: '2026-11-21 04:00:00 UTC' },
    {
      name: 'session',
      fields: [
        { name: 'application', text: 'forgotten psql' },
        { name: 'is ours', text: 'no' },
        { name: 'query', text: '–' },
        { name: 'waits for', text: '–' },
        {
          name: 'holds',
          fields: [
            {
              name: '1',
              fields: [
                { name: 'mode', text: 'ShareLock' },
                { name: 'relation', text: 'orders' },
              ],
            },
          ],
        },
      ],
    },
  ])
  expect(JSON.parse(rawDetails(ended))).toEqual(ended)
})

test('of a long list the first are shown, and labels keep their names', () => {
  const [slugs, labels] = detailFields({ slugs: Array.from({ length: 1_022 }, (_, index) => `t${index + 1}`), labels: { costCenter: '7' } })
  expect(slugs).toEqual({ name: 'slugs', text: expect.stringMatching(/^t1, t2, .*, t20, and 1,002 more$/) as string })
  expect(labels).toEqual({ name: 'labels', fields: [{ name: 'costCenter', text: '7' }] })
})
