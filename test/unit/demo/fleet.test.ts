import { expect, it } from 'vitest'
import { repairable, repairedSentence } from '../../../components/demo/repair-demo-model.ts'
import { demoTenants } from '../../../lib/demo/fleet.ts'
import { hostText, slugProblem } from '../../../lib/tenancy/contract/index.ts'

it('holds 200 tenants of their own names, slugs and hosts that the console would take', () => {
  for (const list of [demoTenants.map(({ slug }) => slug), demoTenants.map(({ name }) => name), demoTenants.flatMap(({ hosts }) => hosts)])
    expect(new Set(list).size).toBe(list.length)
  expect(demoTenants).toHaveLength(200)
  expect(demoTenants.map(({ slug }) => slugProblem(slug)).filter((problem) => problem !== null)).toEqual([])
  expect(demoTenants.flatMap(({ hosts }) => hosts).filter((host) => !hostText.safeParse(host).success)).toEqual([])
})

it('has 180 one behind the newest, 20 further behind at four versions, four broken and one held among the first', () => {
  const byVersion = Object.groupBy(demoTenants, ({ version }) => version)
  expect(byVersion['0011']).toHaveLength(180)
  expect(Object.keys(byVersion).toSorted()).toEqual(['0006', '0008', '0009', '0010', '0011'])
  const special = demoTenants.filter(({ isBroken, isHeld }) => isBroken || isHeld)
  expect(special.map(({ version, isBroken }) => [version, isBroken])).toEqual([
    ['0011', true],
    ['0011', false],
    ['0011', true],
    ['0011', true],
    ['0011', true],
  ])
})

it('offers the repair for what failed and is broken', () => {
  expect(repairable(['b', 'x', 'a'], ['a', 'b', 'c'])).toEqual(['b', 'a'])
  expect(repairedSentence(10, 4)).toBe('10 invoices of 4 tenants are put right.')
  expect(repairedSentence(0, 0, ['acme'])).toBe('The invoices of acme are locked by somebody: end that, and repair again.')
  expect(repairedSentence(1, 1, ['acme'])).toBe('1 invoice of 1 tenant is put right. The invoices of acme are locked by somebody: end that, and repair again.')
  expect(repairedSentence(1, 1)).toBe('1 invoice of 1 tenant is put right.')
  expect(repairedSentence(0, 0)).toBe('There was nothing left to put right.')
})
