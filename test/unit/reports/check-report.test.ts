import { expect, test } from 'vitest'
import { checkReport } from '../../../lib/tenancy/reports/check/check-report.ts'

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
