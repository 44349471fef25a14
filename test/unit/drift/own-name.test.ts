import { loadModule } from 'libpg-query'
import { beforeAll, expect, it } from 'vitest'
import { withOwnMark } from '../../../lib/tenancy/drift/own-name.ts'

beforeAll(() => loadModule())

const inSql = { language: 'sql', arguments: '', returns: 'void' }
const inPlpgsql = { language: 'plpgsql', arguments: 'a integer', returns: 'void' }

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
  ['orders', 'select orders.id from orders.orders', 'select orders.id from ‹own›.orders'],
  ['t', 'select t.id, T.f(1), "t".y.z from t.x t -- t.x', 'select t.id, ‹own›.f(1), ‹own›.y.z from ‹own›.x t -- t.x'],
  ['acme', `select 'acme.x', acme.x, $1::acme.mood from "Acme".x acme`, `select 'acme.x', acme.x, $1::‹own›.mood from "Acme".x acme`],
  ['acme', 'insert into acme.x select é.a from acme.y é; delete from acme . x', 'insert into ‹own›.x select é.a from ‹own›.y é; delete from ‹own› . x'],
  ['acme', 'not sql acme.x', null],
  ['o_1', 'select o_1.id from orders o_1', null],
])('in %s, “%s”', (schema, body, marked) => {
  expect(withOwnMark(body, schema, inSql)).toBe(marked ?? body)
})

it('is the same in two schemas that name themselves, and another one in a third that names the first', () => {
  const body = (name: string) => `begin perform ${name}.note(); end`
  expect(withOwnMark(body('tenant_a'), 'tenant_a', inPlpgsql)).toBe(withOwnMark(body('tenantry_reference_1'), 'tenantry_reference_1', inPlpgsql))
  expect(withOwnMark(body('tenant_a'), 'tenant_b', inPlpgsql)).not.toBe(withOwnMark(body('tenant_b'), 'tenant_b', inPlpgsql))
})

it.each([
  [
    'declare o acme.orders%rowtype; m acme.mood; n acme.orders.id%type; begin select * into o from acme.orders; perform acme.note(o.id); return; end',
    'declare o ‹own›.orders%rowtype; m ‹own›.mood; n ‹own›.orders.id%type; begin select * into o from ‹own›.orders; perform ‹own›.note(o.id); return; end',
  ],
  // What is put together while it runs, and what is said in strings and comments, is text.
  [`begin execute 'select acme.f()'; raise notice 'acme.orders'; /* acme.orders */ end`, null],
  // An alias, and a variable.
  ['begin perform acme.id from other acme; update acme.orders set id = 1; end', 'begin perform acme.id from other acme; update ‹own›.orders set id = 1; end'],
  ['begin perform acme.orders from other acme; update acme.orders set id = 1; end', null],
  ['declare acme record; begin perform acme.f(); end', null],
  ['begin perform acme.f( end', null],
])('in PL/pgSQL: %s', (body, marked) => expect(withOwnMark(body, 'acme', inPlpgsql)).toBe(marked ?? body))

it('stays as it is in another language', () => {
  expect(withOwnMark('return acme.orders', 'acme', { ...inSql, language: 'plpython3u' })).toBe('return acme.orders')
})

it.each(['select acme.f(1)', 'begin perform acme.f(1); end'])('is the same where the name is a plain word as where it is none: %s', (body) => {
  const routine = body.startsWith('select') ? inSql : inPlpgsql
  expect(withOwnMark(body, 'acme', routine)).toBe(withOwnMark(body.replace('acme', 'tenantry_reference_1'), 'tenantry_reference_1', routine))
})
