import { expect, test } from 'vitest'
import { checkReport, requireGood, requireValues } from '../../../lib/tenancy/reports/check/check-report.ts'

const codesOf = async (text: string): Promise<readonly string[]> => (await checkReport(text)).problems.map(({ code }) => code)
const sum = (terms: number): string => `select ${'1+'.repeat(terms - 1)}1 as a`

test('an expression is read in a time that grows with its length, and one that is too long is refused', async () => {
  expect(await codesOf(sum(500))).toEqual([])
  for (const terms of [4_000, 40_000]) expect(await codesOf(sum(terms)), `${terms}`).toEqual(['nested'])
  for (const depth of [3_000, 30_000]) expect(await codesOf(`select ${'abs('.repeat(depth)}1${')'.repeat(depth)} as a`), `${depth}`).toEqual(['nested'])
})

test('faults are told where they are', async () => {
  expect((await checkReport('select 1 as a,\n  pg_sleep(1) as b\nfrom other.customer')).problems).toMatchObject([
    { code: 'function', line: 2, column: 3 },
    { code: 'table', line: 3, column: 6 },
  ])
  expect(await codesOf('with x as (insert into customer (email) values (1) returning 1 as a) select * from x')).toEqual(['writes'])
})

test('of very many faults only the first are told', async () => {
  expect((await codesOf(`select ${'pg_sleep(1), '.repeat(3_000)}1 as a`)).length).toBe(100)
  for (const many of ['$1, ', ':none, ']) expect((await codesOf(`select ${many.repeat(3_000)}1 as a`)).length, many).toBe(100)
})

test('a parameter that is declared wrongly is told once, where it is declared', async () => {
  expect((await checkReport('-- :d date\nselect :d as a')).problems).toMatchObject([{ line: 1, column: 1 }])
  expect((await checkReport('-- :day dat\nselect :day as a')).problems).toMatchObject([{ line: 1, column: 1 }])
  expect((await checkReport('-- :day date = 2026-13-01\nselect :day as a')).problems).toMatchObject([
    { line: 1, column: 1, message: 'Parameter “day”: its default “2026-13-01” is no date; it takes a date such as 2026-01-31.' },
  ])
  expect((await checkReport('select :day as a')).problems).toMatchObject([{ line: 1, column: 8 }])
})

test('a whole number that a type does not hold is not told to be none', () => {
  const told = (type: string, value: string): unknown => {
    try {
      requireValues({ params: [{ name: 'least', type, default: null }] }, { least: value })
    } catch (error) {
      return error
    }
    return null
  }
  expect(told('integer', '99999999999')).toMatchObject({ details: { problem: 'is “99999999999”, which is out of the range of integer.' } })
  expect(told('integer', 'x')).toMatchObject({ details: { problem: 'is “x”, which is no integer.' } })
  expect(told('bigint', '99999999999')).toBeNull()
})

test('rows are combined from what there is of them, whatever else is named', async () => {
  const { problems } = await checkReport('select 1 as a from tenantry.runs, tenants, employees', new Set(['results', 'tenants']))
  expect(problems.map(({ message }) => message)).toEqual([
    'tenantry.runs is not there; rows are combined from results and tenants.',
    'employees is not there; rows are combined from results and tenants.',
  ])
})

test('of very many defaults that are none, what else is wrong is told all the same', async () => {
  const names = Array.from({ length: 120 }, (_, index) => `p${String(index).padStart(3, '0')}`)
  const checked = await checkReport(
    `${names.map((name) => `-- :${name} integer = x`).join('\n')}\n-- :day dat\nselect ${names.map((name) => `:${name}`).join(' + ')}, :day as a`,
  )
  expect(() => requireGood(checked)).toThrow(/120 parameters are declared|the type “dat” is none of/)
  expect(checked.problems.filter(({ code }) => code === 'parameter').map(({ message }) => message)).toEqual(
    expect.arrayContaining([expect.stringContaining('120 parameters are declared'), expect.stringContaining('the type “dat” is none of')]),
  )
})
