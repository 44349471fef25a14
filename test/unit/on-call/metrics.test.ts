/** The text that monitoring reads. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { renderFleet } from '../../../lib/on-call/fleet-metrics.ts'
import { processMetrics } from '../../../lib/on-call/metrics.ts'
import { projectRoot } from '../../../lib/root.ts'
import { runKinds, runStates, versionStates, type FleetNumbers } from '../../../lib/tenancy/contract/index.ts'
import { sqlstateClass } from '../../../lib/tenancy/sql/sqlstate.ts'

const numbers: FleetNumbers = {
  runs: [
    { state: 'running', count: 2, oldestAge: 61.5 },
    { state: 'succeeded', count: 40, oldestAge: 999 },
  ],
  servers: [
    {
      server: 'db "one"',
      budget: 8,
      maxConnections: 100,
      connectionsOurs: null,
      connectionsUsed: null,
      lookAge: null,
      unreachableDatabases: 1,
      unfitPoolers: 2,
      hasConductor: true,
      conductorAge: 0.5,
      waiting: null,
      openItems: { pending: 7, paused: 35 },
      oldestObservation: 12,
    },
  ],
  targets: [{ set: 'app', state: 'behind', count: 9_000 }],
  drift: [{ set: 'app', state: 'drifted', count: 3 }],
  figuresAlerting: 2,
  jobs: [{ queue: 'conduct', state: 'active', count: 1 }],
  pools: [
    { set: 'app', database: 'eu-1', size: 20, ready: 3, building: 1 },
    { set: 'app', database: 'eu-2', size: 5, ready: 5, building: 0 },
  ],
  workers: [{ worker: 'm1:1', age: 1 }],
  liveWorkers: 1,
  readSeconds: 0.01,
}

/** Samples by name with labels, as a scraper reads them. */
const samplesOf = (text: string): Map<string, number> => {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]))
}

it('tells the fleet by state, with the states that nothing is in', async () => {
  const samples = samplesOf(await renderFleet(numbers))
  expect(samples.get('tenantry_runs{state="running"}')).toBe(2)
  expect(samples.get('tenantry_runs{state="failed"}')).toBe(0)
  expect(samples.get('tenantry_oldest_run_age_seconds{state="running"}')).toBe(61.5)
  expect(samples.has('tenantry_oldest_run_age_seconds{state="succeeded"}')).toBe(false)
  expect(samples.get('tenantry_targets{set="app",state="behind"}')).toBe(9_000)
  expect(samples.get('tenantry_targets_drift{set="app",state="drifted"}')).toBe(3)
  expect(samples.get('tenantry_targets_drift{set="app",state="unknown"}')).toBe(0)
  expect(samples.get('tenantry_report_figures_alerting')).toBe(2)
  expect(samples.get('tenantry_control_up')).toBe(1)
})

it('tells of each warm pool what it is to hold, holds and is given', async () => {
  const samples = samplesOf(await renderFleet(numbers))
  const of = (name: string, database: string) => samples.get(`tenantry_pool_${name}{set="app",database="${database}"}`)
  expect(['eu-1', 'eu-2'].map((database) => ['size', 'ready', 'building'].map((name) => of(name, database)))).toEqual([
    [20, 3, 1],
    [5, 5, 0],
  ])
})

it('escapes names, and leaves out what is not known', async () => {
  const samples = samplesOf(await renderFleet(numbers))
  expect(samples.get('tenantry_server_connections_budget{server="db \\"one\\""}')).toBe(8)
  expect(samples.get('tenantry_open_items{server="db \\"one\\"",state="pending"}')).toBe(7)
  expect(samples.get('tenantry_open_items{server="db \\"one\\"",state="running"}')).toBe(0)
  expect(samples.get('tenantry_open_items{server="db \\"one\\"",state="paused"}')).toBe(35)
  expect([...samples.keys()].filter((name) => name.startsWith('tenantry_server_connections{'))).toEqual([])
})

it('says nothing of the fleet but that it is not known, without its numbers', async () => {
  expect([...samplesOf(await renderFleet(null))]).toEqual([['tenantry_control_up', 0]])
})

it('begins to count tries at nothing, so that the first of them are told as well', async () => {
  const samples = samplesOf(await processMetrics().render(null))
  const of = (kind: string, outcome: string, errorClass: string) =>
    samples.get(`tenantry_item_attempts_total{kind="${kind}",outcome="${outcome}",sqlstate_class="${errorClass}"}`)
  for (const kind of runKinds) {
    expect(of(kind, 'succeeded', ''), kind).toBe(0)
    expect(of(kind, 'skipped', ''), kind).toBe(0)
    for (const errorClass of ['42', '23', '55', 'tenantry']) expect(of(kind, 'failed', errorClass), `${kind} ${errorClass}`).toBe(0)
    for (const errorClass of ['08', '57', 'driver']) expect(of(kind, 'interrupted', errorClass), `${kind} ${errorClass}`).toBe(0)
  }
})

it('has every metric, and every state of one, that an alert of the manual asks for', async () => {
  const manual = readFileSync(join(projectRoot, 'docs', 'operate.md'), 'utf8')
  const [, rules = ''] = /```yaml\ngroups:\n([\s\S]*?)```/.exec(manual) ?? []
  const { meters, render } = processMetrics()
  for (const outcome of ['succeeded', 'failed', 'interrupted'] as const) meters.attempt('repair', outcome, '', 0)
  const all = {
    ...numbers,
    runs: runStates.map((state) => ({ state, count: 1, oldestAge: 1 })),
    servers: numbers.servers.map((server) => ({ ...server, connectionsOurs: 1 })),
    targets: versionStates.map((state) => ({ set: 'app', state, count: 1 })),
  }
  const told = [...samplesOf(`${await renderFleet(all)}\n${await render({ busy: 0, idle: 0, waiting: 0, most: 8 })}`).keys()]
  const asked = [...rules.matchAll(/(tenantry_\w+)(?:\{([^}]*)\})?/g)].map(([, name = '', matchers = '']) => ({ name, matchers }))
  expect(asked.length).toBeGreaterThan(15)
  for (const { name, matchers } of asked) {
    const series = told.filter((one) => one === name || one.startsWith(`${name}{`))
    expect(series, name).not.toEqual([])
    for (const [, label = '', , values = ''] of matchers.matchAll(/(\w+)(=~|!=|=)"([^"]*)"/g))
      for (const value of values.split('|'))
        expect(
          series.some((one) => one.includes(`${label}="${value}"`)),
          `${name} ${label} ${value}`,
        ).toBe(true)
  }
  expect(asked.filter(({ name }) => name === 'tenantry_open_items').map(({ matchers }) => matchers)).toEqual(['state!="paused"'])
})

it('counts tries by how they ended and by class of error, and how long they took', async () => {
  const { meters, render } = processMetrics()
  meters.attempt('migrate', 'succeeded', '', 0.004)
  meters.attempt('migrate', 'failed', sqlstateClass('55P03'), 2)
  meters.attempt('migrate', 'failed', sqlstateClass('55P03'), 2)
  const samples = samplesOf(await render({ busy: 1, idle: 2, waiting: 0, most: 8 }))
  expect(samples.get('tenantry_item_attempts_total{kind="migrate",outcome="failed",sqlstate_class="55"}')).toBe(2)
  expect(samples.get('tenantry_item_attempts_total{kind="migrate",outcome="succeeded",sqlstate_class=""}')).toBe(1)
  expect(samples.get('tenantry_item_attempt_seconds_bucket{le="0.005",kind="migrate",outcome="succeeded"}')).toBe(1)
  expect(samples.get('tenantry_item_attempt_seconds_sum{kind="migrate",outcome="failed"}')).toBe(4)
  expect(samples.get('tenantry_control_pool_connections{state="busy"}')).toBe(1)
  expect(samples.get('tenantry_control_pool_size')).toBe(8)
  expect([...samples.keys()].some((name) => name.startsWith('tenantry_build_info{version="'))).toBe(true)
  expect([...samples.keys()]).toContain('process_resident_memory_bytes')
})

it.each([
  ['55P03', '55'],
  ['3D000', '3D'],
  ['XX000', 'XX'],
  ['P0001', 'P0'],
  ['EPIPE', 'driver'],
  ['CONNECT_TIMEOUT', 'driver'],
  ['diverged', 'tenantry'],
  ['unknown', 'tenantry'],
])('the class of %s is %s', (code, expected) => {
  expect(sqlstateClass(code)).toBe(expected)
})
