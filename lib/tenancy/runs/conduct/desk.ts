/** What a conductor has for reports: the way of their rows into the control database, and who is being asked. */
import { setMaxListeners } from 'node:events'
import type { Control } from '../../control/db.ts'
import { Collector, type Driver } from '../../reports/collector.ts'
import { settleSession, unsettleSession } from '../../reports/cage.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import type { FenceLink } from './fence.ts'
import type { ConductLimits } from './limits.ts'

const cancelMs = 5_000

export class Desk {
  readonly collector: Collector
  readonly #settled = new WeakSet<FleetConnection>()
  /** Backends that ask, by run, and the way to call off what goes on between two of their statements. */
  readonly #asked = new Map<number, { readonly pids: Set<number>; readonly calledOff: AbortController }>()

  /** Workers that may end over one item before nobody asks it any more. */
  readonly mostDeaths: number

  constructor(control: Control, driver: Driver, limits: Pick<ConductLimits, 'maxTries'>) {
    this.mostDeaths = limits.maxTries
    this.collector = new Collector(control, driver)
  }

  /** While a tenant is asked by that backend. */
  async asking<T>(run: number, pid: number, ask: (calledOff: AbortSignal) => Promise<T>): Promise<T> {
    const asked = this.#asked.get(run) ?? { pids: new Set<number>(), calledOff: new AbortController() }
    // As many may listen as there are slots.
    setMaxListeners(0, asked.calledOff.signal)
    this.#asked.set(run, asked)
    asked.pids.add(pid)
    try {
      return await ask(asked.calledOff.signal)
    } finally {
      asked.pids.delete(pid)
      if (asked.pids.size === 0) this.#asked.delete(run)
    }
  }

  /** A session for reports, which writes values as all servers do, within bounds. @throws the server's error */
  async settle(connection: FleetConnection): Promise<void> {
    if (this.#settled.has(connection)) return
    await connection.query(settleSession)
    this.#settled.add(connection)
  }

  /** As it was connected, for an item of another kind. @throws the server's error */
  async unsettle(connection: FleetConnection): Promise<void> {
    if (!this.#settled.delete(connection)) return
    await connection.query(unsettleSession)
  }

  /** Nobody waits for the answers any more. Of backends that have gone on to another run's item nothing is cancelled. */
  cancel(run: number, fence: FenceLink): void {
    const asked = this.#asked.get(run)
    if (!asked) return
    asked.calledOff.abort()
    const pids = [...asked.pids]
    const mine = `application_name LIKE 'tenantry:% run ${run} %'`
    fence
      .query(`SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid IN (${pids.join(', ')}) AND ${mine}`, cancelMs)
      .catch(() => {})
  }
}
