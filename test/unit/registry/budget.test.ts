import { describe, expect, it } from 'vitest'
import { proposeBudget } from '../../../lib/tenancy/registry/probe.ts'

describe('the budget proposed for a server', () => {
  it.each([
    ['a usual server', 100, 3, 10, 9],
    ['a large one', 1_000, 3, 100, 20],
    ['a small one', 20, 3, 2, 3],
    ['one that is nearly full', 100, 3, 90, 3],
    ['one that is full', 100, 3, 97, 3],
  ])('for %s leaves room for the others', (_, maxConnections, reservedConnections, connectionsUsed, budget) => {
    expect(proposeBudget({ maxConnections, reservedConnections, connectionsUsed })).toBe(budget)
  })
})
