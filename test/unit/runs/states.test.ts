import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { driftStates, severities } from '../../../lib/tenancy/contract/drift.ts'
import * as states from '../../../lib/tenancy/contract/states.ts'
import { itemLetters, versionLetters } from '../../../lib/tenancy/contract/views.ts'

const {
  attemptStates,
  finalRunStates,
  isolations,
  itemArrows,
  itemStates,
  openItemStates,
  poolStates,
  runArrows,
  runKinds,
  runStates,
  settledItemStates,
  tenantArrows,
  tenantStates,
  versionStates,
} = states

type Table = Readonly<Record<string, Readonly<Record<string, string | undefined>>>>
const tables: ReadonlyArray<readonly [string, Table, readonly string[], string, readonly string[]]> = [
  ['run', runArrows, runStates, 'queued', finalRunStates],
  ['item', itemArrows, itemStates, 'pending', ['succeeded', 'skipped', 'cancelled']],
  ['tenant', tenantArrows, tenantStates, 'provisioning', ['archived']],
]

const reachable = (arrows: Table, from: string): ReadonlySet<string> => {
  const seen = new Set([from])
  for (const state of seen) for (const next of Object.keys(arrows[state] ?? {})) seen.add(next)
  return seen
}

describe.each(tables)('the arrows of a %s', (what, arrows, all, first, final) => {
  it('reach every state that anything leads to', () => {
    // Archiving tenants is not there yet.
    const expected = all.filter((state) => what !== 'tenant' || state !== 'archived')
    expect([...reachable(arrows, first)].toSorted()).toEqual([...expected].toSorted())
  })

  it('leave no final state', () => {
    for (const state of final) expect(Object.keys(arrows[state] ?? {}), state).toEqual([])
  })

  it('lead from every other state to a final one', () => {
    for (const state of all.filter((one) => !final.includes(one) && !(what === 'tenant')))
      expect(
        [...reachable(arrows, state)].some((one) => final.includes(one)),
        state,
      ).toBe(true)
  })

  it('carry a sentence each, and lead to another state', () => {
    for (const [from, targets] of Object.entries(arrows))
      for (const [to, sentence] of Object.entries(targets)) {
        expect(sentence, `${from} → ${to}`).toMatch(/^[A-Z].+\.$/)
        expect(to).not.toBe(from)
        expect(all).toContain(to)
      }
  })
})

describe('what a run allows', () => {
  it.each(runStates)('while it is %s follows from its arrows', (state) => {
    const arrows: Readonly<Record<string, string | undefined>> = runArrows[state]
    expect(states.isFinalRun(state)).toBe(Object.keys(arrows).length === 0)
    expect(states.canRerun(state)).toBe(states.isFinalRun(state))
    if (states.canPause(state)) expect(Object.keys(arrows).some((to) => to === 'pausing' || to === 'paused')).toBe(true)
    if (states.canResume(state)) expect(Object.keys(arrows).some((to) => to === 'queued' || to === 'running')).toBe(true)
    if (states.canCancel(state)) expect(Object.keys(arrows).some((to) => to === 'cancelling' || to === 'cancelled')).toBe(true)
    expect(states.canRetry(state)).toBe(!states.isFinalRun(state) && state !== 'cancelling')
  })

  it('is nothing more once it is final', () => {
    for (const state of finalRunStates)
      expect([states.canPause, states.canResume, states.canCancel, states.canRetry].map((may) => may(state))).toEqual([false, false, false, false])
  })

  it('splits items into open and settled ones without rest', () => {
    expect([...openItemStates, ...settledItemStates].toSorted()).toEqual([...itemStates].toSorted())
  })

  it('finds the states that lead to one', () => {
    expect(states.allowedFrom<states.RunState>(runArrows, 'paused').toSorted()).toEqual(['pausing', 'queued', 'running'])
  })
})

describe('the control plane’s CHECK constraints', () => {
  const read = (file: string) => readFileSync(new URL(`../../../migrations/control/${file}`, import.meta.url), 'utf8')
  const tableOf = (sql: string, table: string): string => new RegExp(`create table ${table} \\(([\\s\\S]*?)\\n\\)`).exec(sql)?.[1] ?? ''
  const wordsOf = (body: string, column: string): readonly string[] => {
    const list = new RegExp(`check \\(${column} in \\(([^)]*)\\)\\)`).exec(body)?.[1] ?? ''
    return [...list.matchAll(/'([a-z_]+)'/g)].map(([, word]) => word ?? '')
  }
  /** The table's part of a later migration. */
  const changeOf = (sql: string, table: string): string => new RegExp(`alter table ${table}\\n([\\s\\S]*?);`).exec(sql)?.[1] ?? ''
  const registry = read('0001_registry.sql')
  const runs = read('0002_runs.sql')
  const pool = read('0011_warm_pool.sql')
  const drift = read('0012_drift.sql')
  const reports = read('0018_reports.sql')

  it.each([
    ['run.kind', reports, runKinds],
    ['run.state', runs, runStates],
    ['run_item.state', runs, itemStates],
    ['attempt.state', runs, attemptStates],
    ['pool_schema.state', pool, poolStates],
    ['seen_structure.state', drift, driftStates],
    ['seen_structure.severity', drift, severities],
    ['tenant.state', registry, tenantStates],
    ['target.isolation', registry, isolations],
    ['observation.version_state', registry, versionStates],
  ])('hold the same words as the contract for %s', (name, sql, words) => {
    const [table = '', column = ''] = name.split('.')
    expect(wordsOf(tableOf(sql, table) + changeOf(sql, table), column)).toEqual(words)
  })

  it('know an open item and an open run by the same states as the contract', () => {
    const lists = [...runs.matchAll(/where state in \(([^)]*)\)/g)].map(([, list]) => [...(list ?? '').matchAll(/'(\w+)'/g)].map(([, word]) => word))
    expect(lists.length).toBeGreaterThanOrEqual(2)
    for (const list of lists) expect(list).toEqual(openItemStates)
    const final = /create index run_open on run \(id\) where state not in \(([^)]*)\)/.exec(runs)?.[1] ?? ''
    expect([...final.matchAll(/'(\w+)'/g)].map(([, word]) => word ?? '').toSorted()).toEqual([...finalRunStates].toSorted())
  })
})

describe('the letters of maps', () => {
  it.each([
    ['items', Object.values(itemLetters)],
    ['versions', Object.values(versionLetters)],
  ])('tell all states of %s apart', (_, letters) => {
    expect(new Set<string>(letters).size).toBe(letters.length)
    for (const letter of letters) expect(letter).toHaveLength(1)
  })
})
