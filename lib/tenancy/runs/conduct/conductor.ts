/** Drives the items of one server: slots that take items, lanes that carry them, a reporter that tells the control plane. */
import { isDrivenRun, isFinalRun } from '../../contract/states.ts'
import { unseal } from '../../control/seal.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { codeOf } from '../../sql/sqlstate.ts'
import { RunWatch } from '../watch.ts'
import type { ServerFacts } from './adopt.ts'
import { BackendWeight } from './backend-weight.ts'
import { Desk } from './desk.ts'
import { brokenOff } from './failed-item.ts'
import { executeItem, type ItemOutcome } from './execute.ts'
import type { Fence } from './fence.ts'
import { FlightCanceller } from './flight-canceller.ts'
import { Heart } from './heart.ts'
import { controlReaders, Intake } from './intake.ts'
import { isLaneFailure, Lanes, type LaneFailure } from './lanes.ts'
import { flightName, requireLease, type Lease } from './lease.ts'
import { backoffMs } from './limits.ts'
import { withLockHolders } from './lock-holders.ts'
import { itemReport } from './item-report.ts'
import { Pace } from './pace.ts'
import { QuietRuns } from './quiet-runs.ts'
import { readAhead } from './read-ahead.ts'
import { LagWatch } from './replication.ts'
import type { RunNow } from './report.ts'
import type { ConductOptions } from './options.ts'
import { Reporter } from './reporter.ts'
import { demandOf, WorkList } from './work-list.ts'
import { sleepUnlessWoken } from './sleep.ts'
import type { Work } from './work.ts'

/** The fence and an observer need a connection each; the rest of the budget carries items. */
const reservedConnections = 2
const refreshMs = 2_000
const idleMs = 250
const idleTellMs = 20
/** Beyond this what its messages cost matters less than to know where it stands. */
const heavyMs = 250

/** Lives as long as its fence. */
export class Conductor {
  readonly #list = new WorkList()
  readonly #options: ConductOptions
  readonly #lease: Lease
  readonly #lanes: Lanes
  readonly #reporter: Reporter
  readonly #intake: Intake
  readonly #watch: RunWatch
  readonly #desk: Desk
  readonly #fence: Fence
  readonly #heart: Heart
  readonly #canceller: FlightCanceller
  /** Slots opened so far, and those of them that have not ended. */
  #opened = 0
  #working = 0
  /** Connections that the budget leaves to items, and how many of them are used at present. */
  #width = 1
  readonly #pace: Pace
  #wakers: Array<() => void> = []
  #stopped: unknown = null
  readonly #lag = new LagWatch()
  readonly #quiet = new QuietRuns()
  readonly #weight: BackendWeight
  #idleSince: number | null = null
  /** Databases to connect to before the items are known, a slot each. */
  readonly #ahead: readonly number[]
  #tellNow = (): void => {}
  /** The last open item of a run has settled, and that is not told. */
  #hasEnded = false

  constructor(options: ConductOptions, server: ServerFacts, lease: Lease, fence: Fence, ahead: readonly number[]) {
    const { library, limits, worker } = options
    this.#options = options
    this.#lease = lease
    this.#fence = fence
    this.#canceller = new FlightCanceller(fence)
    this.#ahead = ahead
    this.#lanes = new Lanes(lease, limits, library.logger, () => requireLease(library.control.db, lease))
    this.#reporter = new Reporter(library, lease, worker, (runs) => this.#learn(runs))
    this.#desk = new Desk(library.control, lease, limits)
    this.#watch = new RunWatch(library, { installation: lease.installation, server: server.name, worker, epoch: lease.epoch })
    this.#weight = new BackendWeight(limits)
    this.#pace = new Pace(this.#width, Date.now())
    this.#know(server)
    this.#heart = new Heart({
      library,
      lease,
      say: () => ({ waitingFor: this.#lanes.waitingFor(), pace: { now: this.#allowed, most: this.#width, reason: this.#pace.reason } }),
      onLost: (error) => this.#stop(error),
    })
    this.#intake = new Intake({
      db: library.control.db,
      readers: controlReaders,
      logger: library.logger,
      lease,
      list: this.#list,
      reporter: this.#reporter,
      onServer: (now) => this.#know(now),
      onRuns: (runs) => this.#learn(runs),
      onChange: () => this.#wakeAll(),
      onLost: (error) => this.#stop(error),
    })
  }

  /** Databases, addresses and the budget as they are now. */
  #know(server: ServerFacts): void {
    for (const { id, name, sealed } of server.databases) this.#lanes.setPlace(id, name, unseal(this.#options.library.secret, sealed))
    this.#width = Math.max(1, server.budget - reservedConnections)
    this.#pace.setLimit(this.#width)
    this.#list.pace = this.#pace.width
  }

  /** Slots that may work: as many as the pace allows, besides what runs demand by a figure of their own. */
  get #allowed(): number {
    let demanded = 0
    for (const run of this.#list.runs.values()) demanded += demandOf(run)
    return Math.min(this.#width, this.#pace.width + demanded)
  }

  get #isPressing(): boolean {
    return (this.#hasEnded || this.#reporter.waiting >= this.#options.limits.tellAtOnce) && !this.#reporter.lost
  }

  get #mayBegin(): boolean {
    return !this.#reporter.full && !this.#fence.dead && !this.#heart.isInDoubt
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
    for (const { id, state, revision } of runs) {
      const run = this.#list.runs.get(id)
      // Answers overtake each other: an older “running” must not undo a cancel.
      if (!run || revision < run.revision) continue
      Object.assign(run, { state, revision })
      this.#watch.learned(run)
      if (!isDrivenRun(state)) this.#list.drop(id)
      if (state === 'cancelling') this.#desk.cancel(id, this.#fence)
      if (state === 'paused' || isFinalRun(state)) this.#list.forget(id)
    }
  }

  #sleep(ms: number): Promise<void> {
    return sleepUnlessWoken(ms, (wake) => void this.#wakers.push(wake))
  }

  #ended(): void {
    this.#hasEnded = true
    this.#intake.endRest()
  }

  #settle(work: Work, outcome: ItemOutcome, startedAt: Date, backendPid: number | null): void {
    if (outcome.kind === 'untouched') {
      this.#watch.settled(work, outcome, startedAt, false)
      this.#list.settle(work)
      this.#reporter.add(itemReport(work, 'pending', startedAt, null, null))
      return
    }
    if (outcome.kind !== 'skipped') {
      work.attempts += 1
      work.tries += 1
    }
    const isTriedAgain = outcome.kind === 'failed' && outcome.again && work.tries < this.#options.limits.maxTries
    this.#watch.settled(work, outcome, startedAt, isTriedAgain)
    if (isTriedAgain) {
      this.#list.giveBack(work, Date.now() + backoffMs(work.tries, this.#options.limits))
      this.#reporter.add(itemReport(work, 'pending', startedAt, outcome, backendPid))
      if (!isDrivenRun(work.run.state)) this.#list.drop(work.run.id)
      return
    }
    this.#list.settle(work)
    if (outcome.kind === 'failed' && work.run.failuresLeft !== null) work.run.failuresLeft -= 1
    this.#reporter.add(itemReport(work, outcome.kind, startedAt, outcome, backendPid))
    if (this.#list.openOf(work.run.id) === 0) this.#ended()
    if (this.#isPressing) this.#tellNow()
  }

  async #carry(work: Work, connection: FleetConnection): Promise<void> {
    const startedAt = new Date()
    this.#reporter.begin(itemReport(work, 'running', startedAt, null, null))
    connection.touched += 1
    let outcome: ItemOutcome
    try {
      readAhead(this.#list, work, connection, this.#options.limits.readAhead)
      const applicationName = flightName(this.#lease, work.run.id, work.schema)
      const scene = {
        schema: work.schema,
        extensionSchemas: this.#lanes.extensionSchemasOf(work.databaseId),
        run: work.run.id,
        applicationName,
        limits: this.#options.limits,
        span: this.#watch.began(work, startedAt),
        quick: work.run.weight === 'light' && work.tries === 0 ? this.#canceller.quickFor(connection, applicationName) : undefined,
      }
      outcome = await this.#options.hands.hold(
        connection,
        executeItem({ connection, scene, serverVersion: this.#lanes.serverVersionOf(work.databaseId), desk: this.#desk }, work),
      )
    } catch (error) {
      outcome = brokenOff(error, work.schema)
    }
    if (work.run.weight !== 'heavy' || work.run.kind === 'onboard') work.run.weight = Date.now() - startedAt.getTime() > heavyMs ? 'heavy' : 'light'
    if (work.tries + 1 >= this.#options.limits.maxTries) outcome = await withLockHolders(connection, work.schema, this.#lease.installation, outcome)
    if (!connection.dead) this.#lanes.alive(work.databaseId)
    else if (outcome.kind === 'failed' && outcome.error.code === 'FLIGHT_TIMEOUT') await this.#options.hands.endSilent(connection)
    this.#pace.settled(`${work.run.id} ${work.fromVersion ?? ''}`, Date.now() - startedAt.getTime(), outcome)
    if (outcome.kind === 'succeeded' && outcome.kept) return this.#park(work, outcome, outcome.kept, startedAt, connection.pid)
    this.#settle(work, outcome, startedAt, connection.pid)
  }

  /** Its slot is free while what it brought is being written. */
  #park(work: Work, outcome: ItemOutcome, kept: Promise<void>, startedAt: Date, pid: number): void {
    this.#list.park(work)
    this.#reporter.park(work.run.id, work.position)
    this.#working += 1
    if (this.#list.isAllParked) this.#desk.collector.hurry()
    void kept
      .then(
        () => outcome,
        (error: unknown) => brokenOff(error, work.schema),
      )
      .then((ended) => {
        this.#settle(work, ended, startedAt, pid)
        this.#working -= 1
      })
  }

  /** No connection is nobody's failure: the item waits, uncounted, until the run has waited long enough; then nothing waits for that database any more. */
  #unreachable(work: Work, { error, givenUp, waitMs }: LaneFailure): void {
    this.#pace.refused(codeOf(error))
    if (!givenUp) return this.#list.giveBack(work, Date.now() + waitMs)
    const now = new Date()
    for (const one of [work, ...this.#list.takeAllOf(work.databaseId)]) {
      one.tries = this.#options.limits.maxTries
      this.#settle(one, { ...brokenOff(error, one.schema), again: false, interrupted: true }, now, null)
    }
  }

  /** One slot: at most one connection, one item at a time. */
  async #slot(index: number): Promise<void> {
    let connection: FleetConnection | null = null
    let at: number | null = null
    try {
      const ahead = this.#ahead[index]
      if (ahead !== undefined && this.#lanes.mayConnect(ahead)) {
        const opened = await this.#lanes.open(ahead)
        if (!isLaneFailure(opened)) [connection, at] = [opened, ahead]
      }
      while (!this.#done) {
        if (index >= this.#allowed) {
          await connection?.close()
          connection = null
        }
        const here: number | null = connection && !connection.dead ? at : null
        const work: Work | null =
          this.#mayBegin && index < this.#allowed ? this.#list.take(here, (id) => id === here || this.#lanes.mayConnect(id), connection) : null
        if (!work) {
          await this.#sleep(index >= this.#allowed ? idleMs : this.#waitMs())
          continue
        }
        if (connection && (connection.dead || at !== work.databaseId || (await this.#weight.isTooHeavy(connection, work.run.id)))) {
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
        // Weighing and connecting take their time, in which the worker may have been told to stop.
        if (this.#done) {
          this.#list.giveBack(work, 0)
          continue
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
    return Math.max(5, Math.min(idleMs, ...due))
  }

  /** Runs whose end may be due. */
  #quietRuns(): number[] {
    return this.#quiet.due(this.#list, this.#reporter.empty)
  }

  #openSlots(): void {
    for (; this.#opened < this.#width && !this.#done; this.#opened += 1) {
      this.#working += 1
      void this.#slot(this.#opened).finally(() => {
        this.#working -= 1
      })
    }
  }

  /** Reports at a steady pace until the last slot has ended: what is in hand while the worker drains is reported, and its lease kept, as before. */
  async #attend(): Promise<void> {
    let lastRefresh = Date.now()
    while (!this.#done || this.#working > 0) {
      await this.#untilDue()
      if (this.#fence.dead && !this.#done)
        this.#fence.mend(
          () => this.#wakeAll(),
          (reason) => this.#stop(reason),
        )
      await this.#tell()
      if (this.#pace.tick(Date.now())) this.#list.pace = this.#pace.width
      if (this.#heart.isDue) {
        this.#lag.ask(this.#fence, this.#options.limits.replicationLagSeconds)
        this.#pace.lagging(this.#lag.isLagging)
        await this.#heart.beat()
      }
      if (!this.#done && Date.now() - lastRefresh > refreshMs) {
        lastRefresh = Date.now()
        await this.#intake.refresh()
      }
      this.#openSlots()
      if (this.#isIdle()) this.#stop('idle')
    }
  }

  /** What settles last of a run is told at once, also where it settled while the batch before was being written; and so is much that settles together, as of reports. */
  async #untilDue(): Promise<void> {
    const isListEmpty = this.#list.size === 0
    if (this.#isPressing || (isListEmpty && !this.#reporter.empty && !this.#reporter.lost)) return
    await sleepUnlessWoken(isListEmpty ? idleTellMs : this.#options.limits.flushMs, (wake) => {
      this.#tellNow = wake
    })
  }

  async #tell(): Promise<void> {
    this.#hasEnded = false
    const quiet = this.#quietRuns()
    await this.#reporter.flush(quiet)
    if (this.#reporter.lost) this.#stop(this.#reporter.lost)
    for (const id of quiet)
      if (this.#reporter.empty && this.#list.openOf(id) === 0 && this.#list.runningOf(id) === 0) {
        this.#list.forget(id)
        this.#watch.left(id)
      }
  }

  /** Stays a moment after the last item: the next run often follows at once. */
  #isIdle(): boolean {
    if (this.#list.runs.size > 0 || this.#list.size > 0 || !this.#reporter.empty) {
      this.#idleSince = null
      return false
    }
    this.#idleSince ??= Date.now()
    return Date.now() - this.#idleSince > this.#options.limits.lingerMs
  }

  async drive(): Promise<'idle' | 'drained' | 'fence_lost'> {
    const stopHearing = this.#options.onChange(() => void this.#intake.refresh())
    const wake = (): void => this.#wakeAll()
    this.#options.signal.addEventListener('abort', wake)
    this.#options.hands.onCut(this.#fence)
    try {
      // Connecting takes as long as reading the items, so both go on at the same time.
      this.#openSlots()
      await this.#intake.refresh()
      this.#openSlots()
      await this.#attend()
      if (!this.#reporter.lost) await this.#reporter.flush(this.#quietRuns())
    } finally {
      stopHearing()
      await this.#intake.close()
      this.#options.signal.removeEventListener('abort', wake)
      this.#watch.close()
      this.#heart.close()
      await this.#desk.collector.close()
    }
    if (this.#stopped instanceof Error) throw this.#stopped
    return this.#options.signal.aborted ? 'drained' : this.#stopped === 'fence_lost' ? 'fence_lost' : 'idle'
  }
}
