import { expect, it } from 'vitest'
import { budgetProblem, budgetReason, connectionUse, proposeName, removalProblem } from '../../../components/databases/database-model.ts'
import { databaseName } from '../../../lib/tenancy/contract/index.ts'

it('lets only an empty database go, and says why', () => {
  const empty = { name: 'eu-1', tenants: 0, notes: null, reachable: true }
  const notes = { since: '2026-11-20T10:00:00.000Z', lastAt: null, problem: null }
  expect(removalProblem(empty)).toBeNull()
  expect(removalProblem({ ...empty, notes })).toMatch(/still notes changes for this console/)
  expect(removalProblem({ ...empty, notes, reachable: false })).toBeNull()
  expect(removalProblem({ ...empty, tenants: 1 })).toBe('eu-1 holds 1 tenant; a database can be removed only when no tenant lives in it.')
})

it('shows connections of the budget, and none as none', () => {
  expect(connectionUse({ connectionsOurs: 5, budget: 20 })).toEqual({ text: '5 of 20', share: 0.25 })
  expect(connectionUse({ connectionsOurs: 30, budget: 20 }).share).toBe(1)
  expect(connectionUse({ connectionsOurs: null, budget: 20 })).toEqual({ text: 'budget 20', share: null })
})

it('proposes a free name that the library takes', () => {
  expect(proposeName('App_Prod', [])).toBe('app_prod')
  expect(proposeName('app', ['app', 'app-2'])).toBe('app-3')
  expect(proposeName('9 lives!', [])).toBe('lives')
  expect(proposeName('数据', [])).toBe('')
  for (const name of ['App_Prod', 'x'.repeat(80), 'a.b.c-']) expect(databaseName.safeParse(proposeName(name, [proposeName(name, [])])).success).toBe(true)
})

it('explains and checks a budget', () => {
  expect(budgetReason({ maxConnections: 100, reservedConnections: 3, connectionsUsed: 12, proposedBudget: 40 })).toBe(
    'The server takes 100 connections, keeps 3 for itself, and 12 are in use. 40 is proposed.',
  )
  expect(budgetProblem('40', 100)).toBeNull()
  expect(budgetProblem('150', 100)).toBe('The server takes 100 connections in all.')
  expect(budgetProblem('0', 100)).toBe('A whole number from 3 to 200.')
  expect(budgetProblem('2', 100)).toBe('A whole number from 3 to 200.')
  expect(budgetProblem('ten', 100)).toBe('A whole number from 3 to 200.')
})
