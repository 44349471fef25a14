/** Drives the items of one server: slots that take items, lanes that carry them, a reporter that tells the control plane. */
import type { Library } from '../../context.ts'
import { unseal } from '../../control/seal.ts'
import { attemptError } from '../../migrations/attempt-error.ts'
import { readSummaries } from '../../migrations/history.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { classify, codeOf } from '../../sql/sqlstate.ts'
import { failUnreachable } from './fail-unreachable.ts'
import { adoptRun, interruptLeftovers, openRuns, readServer, readWork, type ServerFacts } from './adopt.ts'
import { executeItem, type ItemOutcome } from './execute.ts'
import { isLaneFailure, Lanes, type LaneFailure } from './lanes.ts'
import { beat, flightName, LeaseLost, openFence, releaseLease, takeLease, type Lease } from './lease.ts'
import { backoffMs, type ConductLimits } from './limits.ts'
import type { RunNow } from './report.ts'
import { Reporter } from './reporter.ts'
import { WorkList } from './work-list.ts'
import type { Work } from './work.ts'

/** The fence and an observer need a connection each; the rest of the budget carries items. */
const reservedConnections = 2
const heartbeatMs = 2_000
const refreshMs = 2_000
const lingerMs = 1_500

export type ConductOptions = {
  readonly library: Library
  readonly serverId: number
  readonly worker: string
  readonly limits: ConductLimits
  /** Aborts when the worker drains: running items finish, pending ones stay. */
  readonly signal: AbortSignal
  /** Calls back when runs may have changed: started, paused, retried. Returns the way to stop. */
  readonly onChange: (hear: () => void) => () => void
}

class Conductor {
  readonly #list = new WorkList()
  readonly #options: ConductOptions
  readonly #server: ServerFacts
  readonly #lease: Lease
  readonly #lanes: Lanes
  readonly #reporter: Reporter
  readonly #fence: FleetConnection
  #wakers: Array<() => void> = []
  #refreshing: Promise<void> = Promise.resolve()
  #stopped: unknown = null
  #idleSince: number | null = null

  constructor(options: ConductOptions, server: ServerFacts, lease: Lease, fence: FleetConnection) {
    const { library, limits, worker } = options
    this.#options = options
    this.#server = server
    this.#lease = lease
    this.#fence = fence
    this.#lanes = new Lanes(lease, limits, library.logger, () => beat(library.control.db, lease, null))
    for (const database of server.databases) this.#lanes.addPlace(database.id, database.name, unseal(library.secret, database.sealed))
    this.#reporter = new Reporter(library, lease, worker, (runs) => this.#learn(runs))
  }

  get #done(): boolean {
    return this.#stopped !== null || this.#options.signal.aborted
  }

  #stop(reason: unknown): void {
    this.#stopped ??= reason
    this.#wakeAll()
  }

  #wakeAll(): void {
    for (const wake of this.#wakers.splice(0)) wake()
  }

  #learn(runs: readonly RunNow[]): void {
    for (const { id, state } of runs) {
      const run = this.#list.runs.get(id)
      if (!run) continue
      run.state = state
      if (state !== 'queued' && state !== 'running') this.#list.drop(id)
      if ((state === 'paused' || state === 'cancelled' || state === 'succeeded' || state === 'failed') && this.#list.runningOf(id) === 0) this.#list.forget(id)
    }
  }

  /** Reads again which runs want this server and which items they have. One at a time. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing.then(() => this.#refreshNow()).catch((error: unknown) => {
      if (error instanceof LeaseLost) this.#stop(error)
      else this.#options.library.logger.warn({ code: codeOf(error), server: this.#server.id }, 'conductor.refresh_failed')
    })
    return this.#refreshing
  }

  async #refreshNow(): Promise<void> {
    const { db } = this.#options.library.control
    const before = this.#reporter.reports
    const isReported = this.#reporter.empty
    const open = await openRuns(db, this.#server.id)
    // Retried items and a resumed run give back what failures had used up of the tolerance.
    if (isReported && this.#reporter.empty && this.#reporter.reports === before)
      for (const { id, failuresLeft } of open) {
        const run = this.#list.runs.get(id)
        if (run) run.failuresLeft = failuresLeft
      }
    this.#learn(open.map(({ id, state }) => ({ id, state, revision: 0 })))
    for (const { id } of open) {
      const known = this.#list.runs.get(id)
      const run = known ?? (await adoptRun(db, this.#lease, id))
      if (!run) continue
      const interrupted = known ? new Set<number>() : await interruptLeftovers(db, this.#lease, id)
      // What is unreported yet, or was reported while this was read, still reads as pending.
      const reports = this.#reporter.reports
      if (known && !this.#reporter.empty) continue
      const found = await readWork(db, this.#lease, run, interrupted, (position) => this.#list.has(id, position))
      if (known && (!this.#reporter.empty || this.#reporter.reports !== reports)) continue
      // Together with its items: a run that seems to have none is reported as quiet, and a cancelled one would be ended under the hands of those that begin.
      this.#list.runs.set(id, run)
      for (const work of found) this.#list.add(work)
    }
    this.#wakeAll()
  }

  async #sleep(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wakers.push(resolve)
      timer = setTimeout(resolve, ms)
    })
    clearTimeout(timer)
  }

  #report(work: Work, state: 'running' | 'pending' | 'succeeded' | 'failed' | 'skipped', startedAt: Date, outcome: ItemOutcome | null, backendPid: number | null): void {
    const error = outcome?.kind === 'failed' ? outcome.error : null
    const attempted = outcome !== null && outcome.kind !== 'skipped' && outcome.kind !== 'untouched'
    this.#reporter.add({
      run: work.run.id,
      position: work.position,
      targetId: work.targetId,
      tenantId: work.tenantId,
      state,
      attempts: work.attempts,
      nextAttemptAt: state === 'pending' && work.notBefore > 0 ? new Date(work.notBefore) : null,
      startedAt,
      attempt: attempted
        ? {
            state: outcome.kind === 'succeeded' ? 'succeeded' : outcome.kind === 'failed' && outcome.interrupted ? 'interrupted' : 'failed',
            startedAt,
            finishedAt: new Date(),
            versionsApplied: 'versions' in outcome ? outcome.versions : [],
            backendPid,
            error,
          }
        : null,
      error,
      seen: outcome && 'seen' in outcome ? outcome.seen : null,
      activates: work.run.kind === 'onboard' && state === 'succeeded',
    })
  }

  #settle(work: Work, outcome: ItemOutcome, startedAt: Date, backendPid: number | null): void {
    if (outcome.kind === 'untouched') {
      this.#list.settle(work)
      this.#report(work, 'pending', startedAt, null, null)
      return
    }
    if (outcome.kind !== 'skipped') {
      work.attempts += 1
      work.tries += 1
    }
    if (outcome.kind === 'failed' && outcome.again && work.tries < this.#options.limits.maxTries) {
      this.#list.giveBack(work, Date.now() + backoffMs(work.tries, this.#options.limits))
      this.#report(work, 'pending', startedAt, outcome, backendPid)
      if (work.run.state !== 'queued' && work.run.state !== 'running') this.#list.drop(work.run.id)
      return
    }
    this.#list.settle(work)
    if (outcome.kind === 'failed' && work.run.failuresLeft !== null) work.run.failuresLeft -= 1
    this.#report(work, outcome.kind, startedAt, outcome, backendPid)
  }

  /** Reads the histories of this item and of those behind it in one query; each waits for its own. */
  #readAhead(work: Work, connection: FleetConnection): void {
    // One that is tried again may be what holds a batch up.
    if (work.summary !== undefined || work.tries > 0) return
    const batch = [work, ...this.#list.peekUnread(work, this.#options.limits.readAhead - 1)]
    const reading = readSummaries(connection, batch.map(({ schema }) => schema), () => {})
    for (const one of batch) {
      const summary = reading.then((found) => found.get(one.schema))
      // Awaited by whoever takes the item; until then nobody hears a failure.
      summary.catch(() => {})
      one.summary = summary
    }
  }

  async #carry(work: Work, connection: FleetConnection): Promise<void> {
    const startedAt = new Date()
    this.#report(work, 'running', startedAt, null, null)
    connection.touched += 1
    let outcome: ItemOutcome
    try {
      this.#readAhead(work, connection)
      const scene = {
        schema: work.schema,
        extensionSchemas: this.#lanes.extensionSchemasOf(work.databaseId),
        run: work.run.id,
        applicationName: flightName(this.#lease, work.run.id, work.schema),
        limits: this.#options.limits,
      }
      outcome = await executeItem({ connection, scene }, work)
    } catch (error) {
      const kind = classify(codeOf(error))
      outcome = { kind: 'failed', again: kind !== 'permanent', interrupted: kind === 'connection', versions: [], error: attemptError(error, undefined, work.schema), seen: null }
    }
    this.#settle(work, outcome, startedAt, connection.pid)
  }

  /** No connection is nobody's failure: the item waits, uncounted, until the run has waited long enough. */
  #unreachable(work: Work, { error, givenUp }: LaneFailure): void {
    if (!givenUp) return this.#list.giveBack(work, Date.now() + 200)
    const now = new Date()
    work.tries = this.#options.limits.maxTries
    this.#settle(work, { kind: 'failed', again: false, interrupted: true, versions: [], error: { ...attemptError(error), code: codeOf(error) }, seen: null }, now, null)
  }

  /** One slot: at most one connection, one item at a time. */
  async #slot(): Promise<void> {
    let connection: FleetConnection | null = null
    let at: number | null = null
    try {
      while (!this.#done) {
        const work: Work | null = this.#reporter.full ? null : this.#list.take(at, (id) => this.#lanes.isUp(id))
        if (!work) {
          await this.#sleep(this.#waitMs())
          continue
        }
        if (connection && (connection.dead || at !== work.databaseId || connection.touched >= this.#options.limits.recycleAfter)) {
          await connection.close()
          connection = null
        }
        if (!connection) {
          const opened = await this.#lanes.open(work.databaseId)
          if (isLaneFailure(opened)) {
            this.#unreachable(work, opened)
            continue
          }
          connection = opened
          at = work.databaseId
        }
        await this.#carry(work, connection)
      }
    } catch (error) {
      this.#stop(error)
    } finally {
      await connection?.close()
    }
  }

  #waitMs(): number {
    const due = [this.#list.nextDue(), this.#lanes.nextRetry()].flatMap((time) => (time === null ? [] : [time - Date.now()]))
    return Math.max(5, Math.min(250, ...due))
  }

  /** Runs of which nothing is in hand any more, here: their end may be due. */
  #quietRuns(): number[] {
    return [...this.#list.runs.values()].flatMap((run) => {
      if (this.#list.runningOf(run.id) > 0) return []
      const stopping = run.state === 'pausing' || run.state === 'cancelling'
      return stopping || this.#list.openOf(run.id) === 0 ? [run.id] : []
    })
  }

  /** Reports at a steady pace; returns when nothing is left to do here. */
  async #pace(): Promise<void> {
    let lastBeat = Date.now()
    let lastRefresh = Date.now()
    while (!this.#done) {
      await new Promise((resolve) => setTimeout(resolve, this.#list.size === 0 ? 20 : this.#options.limits.flushMs))
      if (this.#fence.dead) this.#stop('fence_lost')
      const quiet = this.#quietRuns()
      await this.#reporter.flush(quiet)
      if (this.#reporter.lost) this.#stop(this.#reporter.lost)
      for (const id of quiet) if (this.#reporter.empty && this.#list.openOf(id) === 0 && this.#list.runningOf(id) === 0) this.#list.forget(id)
      if (Date.now() - lastBeat > heartbeatMs) {
        lastBeat = Date.now()
        await this.#beat()
      }
      if (Date.now() - lastRefresh > refreshMs) {
        lastRefresh = Date.now()
        await this.refresh()
      }
      if (this.#isIdle()) return
    }
  }

  async #beat(): Promise<void> {
    const { control, logger } = this.#options.library
    try {
      await beat(control.db, this.#lease, this.#lanes.waitingFor())
    } catch (error) {
      if (error instanceof LeaseLost) this.#stop(error)
      else logger.warn({ code: codeOf(error), server: this.#server.id }, 'conductor.heartbeat_failed')
    }
  }

  /** Stays a moment after the last item: the next run often follows at once. */
  #isIdle(): boolean {
    if (this.#list.runs.size > 0 || this.#list.size > 0 || !this.#reporter.empty) {
      this.#idleSince = null
      return false
    }
    this.#idleSince ??= Date.now()
    return Date.now() - this.#idleSince > lingerMs
  }

  async drive(): Promise<'idle' | 'drained' | 'fence_lost'> {
    const stopHearing = this.#options.onChange(() => void this.refresh())
    this.#options.signal.addEventListener('abort', () => this.#wakeAll())
    await this.refresh()
    const width = Math.max(1, this.#server.budget - reservedConnections)
    const slots = Array.from({ length: width }, () => this.#slot())
    try {
      await this.#pace()
      this.#stopped ??= 'idle'
      this.#wakeAll()
      await Promise.all(slots)
      if (!this.#reporter.lost) await this.#reporter.flush(this.#quietRuns())
    } finally {
      stopHearing()
    }
    if (this.#stopped instanceof Error) throw this.#stopped
    return this.#options.signal.aborted ? 'drained' : this.#stopped === 'fence_lost' ? 'fence_lost' : 'idle'
  }
}

const fenceRetryMs = 1_000

/**
 * Waits for the server itself, saying so, for as long as a run waits for a database.
 * @returns null when it stayed out of reach
 */
const waitForFence = async ({ library, limits, signal }: ConductOptions, url: string, lease: Lease): Promise<FleetConnection | { readonly gone: unknown }> => {
  const deadline = Date.now() + limits.unreachableMs
  for (;;) {
    try {
      return await openFence(url, lease)
    } catch (error) {
      if (error instanceof LeaseLost || classify(codeOf(error)) === 'permanent') throw error
      library.logger.warn({ server: lease.serverId, code: codeOf(error) }, 'conductor.server_out_of_reach')
      if (Date.now() > deadline || signal.aborted) return { gone: error }
      await beat(library.control.db, lease, `the server: ${codeOf(error)}`)
      await new Promise((resolve) => setTimeout(resolve, fenceRetryMs))
    }
  }
}

const driveServer = async (options: ConductOptions, server: ServerFacts, homeUrl: string, lease: Lease): Promise<void> => {
  const { library, worker, signal } = options
  for (;;) {
    const fence = await waitForFence(options, homeUrl, lease)
    if ('gone' in fence) {
      if (!signal.aborted) await failUnreachable(library.control.db, lease, worker, attemptError(fence.gone))
      return
    }
    try {
      if ((await new Conductor(options, server, lease, fence).drive()) !== 'fence_lost') return
      await beat(library.control.db, lease, 'the server: connection lost')
    } finally {
      await fence.close()
    }
  }
}

/**
 * Drives a server until it has no more open items, or the signal aborts.
 * @throws LeaseLost when another conductor took over; the server's error when it refuses the sign-in
 */
export const conduct = async (options: ConductOptions): Promise<void> => {
  const { library, serverId, worker } = options
  const { db } = library.control
  const server = await readServer(db, serverId)
  const home = server?.databases[0]
  if (!server || !home) return
  const lease = await takeLease(db, serverId, worker)
  library.logger.info({ server: server.name, epoch: lease.epoch, worker }, 'conductor.started')
  try {
    await driveServer(options, server, unseal(library.secret, home.sealed), lease)
  } catch (error) {
    if (classify(codeOf(error)) === 'permanent' && !(error instanceof LeaseLost) && codeOf(error) !== 'unknown') await failUnreachable(db, lease, worker, attemptError(error))
    throw error
  } finally {
    await releaseLease(db, lease).catch(() => {})
    library.logger.info({ server: server.name, epoch: lease.epoch, worker }, 'conductor.ended')
  }
}
