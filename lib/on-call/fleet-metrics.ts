/** The fleet's numbers as gauges. Every process tells the same of them: the control database is where they come from. */
import { Registry } from 'prom-client'
import { driftStates, openItemStates, runStates, type FleetNumbers, type ServerNumbers } from '../tenancy/contract/index.ts'
import { gauge, type Sample } from './gauge.ts'

const openRunStates: ReadonlySet<string> = new Set(['queued', 'running', 'pausing', 'paused', 'cancelling'])
const itemStates = [...openItemStates, 'paused'] as const

const whole = (value: number): readonly Sample[] => [{ labels: {}, value }]

const runGauges = (registry: Registry, { runs }: FleetNumbers): void => {
  const counts = runStates.map((state) => ({ labels: { state }, value: runs.find((run) => run.state === state)?.count ?? 0 }))
  gauge(registry, 'tenantry_runs', 'Runs by state.', counts)
  const open = runs.filter(({ state }) => openRunStates.has(state)).map(({ state, oldestAge }) => ({ labels: { state }, value: oldestAge }))
  gauge(registry, 'tenantry_oldest_run_age_seconds', 'Age of the oldest open run in each state.', open)
}

const perServer: ReadonlyArray<readonly [name: string, help: string, value: (server: ServerNumbers) => number | null]> = [
  ['tenantry_server_connections', 'Connections that Tenantry held on the server at the last look.', ({ connectionsOurs }) => connectionsOurs],
  ['tenantry_server_connections_budget', 'Connections that Tenantry may open on the server.', ({ budget }) => budget],
  ['tenantry_server_connections_all', 'Connections that everybody held on the server at the last look.', ({ connectionsUsed }) => connectionsUsed],
  ['tenantry_server_connections_max', 'max_connections of the server.', ({ maxConnections }) => maxConnections],
  ['tenantry_server_look_age_seconds', 'Time since the last look at the server.', ({ lookAge }) => lookAge],
  [
    'tenantry_server_unreachable_databases',
    'Databases of the server that did not answer at the last look.',
    ({ unreachableDatabases }) => unreachableDatabases,
  ],
  [
    'tenantry_server_unfit_poolers',
    'Databases of the server that answered at the last look, but not through the pooler by which their applications come.',
    ({ unfitPoolers }) => unfitPoolers,
  ],
  ['tenantry_conductor_up', '1 when a conductor drives the server now.', ({ hasConductor }) => (hasConductor ? 1 : 0)],
  ['tenantry_conductor_heartbeat_age_seconds', 'Time since the last heartbeat of a conductor of the server.', ({ conductorAge }) => conductorAge],
  [
    'tenantry_conductor_waiting_seconds',
    'How long the conductor has been waiting for the server or one of its databases; 0: it is not.',
    ({ waiting }) => waiting ?? 0,
  ],
  [
    'tenantry_oldest_observation_age_seconds',
    'Time since the last look at the target of the server that was not looked at for longest.',
    ({ oldestObservation }) => oldestObservation,
  ],
]

const serverGauges = (registry: Registry, { servers }: FleetNumbers): void => {
  for (const [name, help, value] of perServer)
    gauge(
      registry,
      name,
      help,
      servers.map((server) => ({ labels: { server: server.server }, value: value(server) })),
    )
  const items = servers.flatMap(({ server, openItems }) => itemStates.map((state) => ({ labels: { server, state }, value: openItems[state] ?? 0 })))
  gauge(registry, 'tenantry_open_items', 'Items that have not settled, by server and state; paused: of paused runs, whatever state they are in.', items)
}

const poolGauges = (registry: Registry, { pools }: FleetNumbers): void => {
  const each = (value: (pool: FleetNumbers['pools'][number]) => number): readonly Sample[] =>
    pools.map((pool) => ({ labels: { set: pool.set, database: pool.database }, value: value(pool) }))
  gauge(
    registry,
    'tenantry_pool_size',
    'Schemas that the warm pool is to keep ready.',
    each(({ size }) => size),
  )
  gauge(
    registry,
    'tenantry_pool_ready',
    'Schemas of the warm pool that are ready: at the newest version and seed, and nobody’s.',
    each(({ ready }) => ready),
  )
  gauge(
    registry,
    'tenantry_pool_building',
    'Schemas of the warm pool that are being made.',
    each(({ building }) => building),
  )
}

/** @param numbers null: the control database did not tell them */
export const renderFleet = async (numbers: FleetNumbers | null): Promise<string> => {
  const registry = new Registry()
  gauge(registry, 'tenantry_control_up', '1 when the control database told the numbers of the fleet.', whole(numbers === null ? 0 : 1))
  if (numbers === null) return registry.metrics()
  gauge(registry, 'tenantry_control_read_seconds', 'How long it took to read them.', whole(numbers.readSeconds))
  runGauges(registry, numbers)
  serverGauges(registry, numbers)
  poolGauges(registry, numbers)
  const targets = numbers.targets.map(({ set, state, count }) => ({ labels: { set, state }, value: count }))
  gauge(registry, 'tenantry_targets', 'Targets by migration set and version state, as last seen.', targets)
  const sets = [...new Set(numbers.drift.map(({ set }) => set))]
  const drift = sets.flatMap((set) =>
    driftStates.map((state) => ({ labels: { set, state }, value: numbers.drift.find((one) => one.set === set && one.state === state)?.count ?? 0 })),
  )
  gauge(registry, 'tenantry_targets_drift', 'Targets by migration set and how their structure compares with that of their version, as last seen.', drift)
  gauge(registry, 'tenantry_report_figures_alerting', 'Figures of saved reports that are beyond their line.', whole(numbers.figuresAlerting))
  const jobs = numbers.jobs.map(({ queue, state, count }) => ({ labels: { queue, state }, value: count }))
  gauge(registry, 'tenantry_queue_jobs', 'Jobs in the queue.', jobs)
  gauge(registry, 'tenantry_workers', 'Workers with a heartbeat of the last 15 seconds.', whole(numbers.liveWorkers))
  const heartbeats = numbers.workers.map(({ worker, age }) => ({ labels: { worker }, value: age }))
  gauge(registry, 'tenantry_worker_heartbeat_age_seconds', 'Time since the last heartbeat of each worker that did not say goodbye.', heartbeats)
  return registry.metrics()
}
