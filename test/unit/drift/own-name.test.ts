import { expect, it } from 'vitest'
import { withOwnMark } from '../../../lib/tenancy/drift/own-name.ts'

it.each([
  ['tenant_acme', 'select count(*) from tenant_acme.orders', 'select count(*) from ‹own›.orders'],
  ['tenant_acme', 'select TENANT_ACME.x, tenant_acme2.y, a.tenant_acme.z, my_tenant_acme.q from tenant_acme', null],
  [
    'tenant_acme',
    `select 'tenant_acme'::text, 'tenant_acme.orders'::regclass, 'not tenant_acme'`,
    `select '‹own›'::text, '‹own›.orders'::regclass, 'not tenant_acme'`,
  ],
  ['Acme-1', 'select "Acme-1".f() + "Acme-12".f()', 'select ‹own›.f() + "Acme-12".f()'],
  ['a.c_+', 'select "a.c_+" . f(), "abc_+".f()', 'select ‹own› . f(), "abc_+".f()'],
  // A table's or an alias as well.
  ['orders', 'select orders.id from orders.orders', null],
  ['t', 'select t.id from t.x t', null],
  ['o_1', 'select o_1.id from orders o_1', null],
])('in %s, “%s”', (schema, body, marked) => {
  expect(withOwnMark(body, schema)).toBe(marked ?? body)
})

it('is the same in two schemas that name themselves, and another one in a third that names the first', () => {
  const body = (name: string) => `begin perform ${name}.note(); end`
  expect(withOwnMark(body('tenant_a'), 'tenant_a')).toBe(withOwnMark(body('tenantry_reference_1'), 'tenantry_reference_1'))
  expect(withOwnMark(body('tenant_a'), 'tenant_b')).not.toBe(withOwnMark(body('tenant_b'), 'tenant_b'))
})
