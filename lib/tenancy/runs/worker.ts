/** A process's part in the work: conductors for servers with open items, observations, and the schedule for them. Any number of processes may run one. */
import { hostname } from 'node:os'
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Job } from 'pg-boss'
import type { WorkerPulse } from '../contract/on-call.ts'
import type { StopOptions, Worker } from '../contract/worker.ts'
import type { Library } from '../context.ts'
import type { Announced, Ears } from '../control/notify.ts'
import { claimSecret } from '../control/secret-check.ts'
import { notesDue } from '../drift/notes/hear-notes.ts'
import { pruneStructures } from '../drift/structures.ts'
import { refreshDatabases } from '../registry/database-refresh.ts'
import { refreshPoolers } from '../registry/pooler-refresh.ts'
import { followNotes } from '../observation/follow-notes.ts'
import { observeDatabase, type LookWish } from '../observation/observe.ts'
import type { DatabaseLook } from '../observation/request.ts'
import { databasesDue } from '../pool/due.ts'
import { tendPools } from '../pool/refill.ts'
import { dropExpired } from '../reports/drop-expired.ts'
import { figuresDue, settleFigures } from '../reports/saved/compute-figures.ts'
import { runScheduled, schedulesDue } from '../reports/saved/run-scheduled.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'
import { serversWithWork } from './conduct/adopt.ts'
import { compareWhileRunning, runsToCompare } from './compare-running.ts'
import { conduct } from './conduct/drive-server.ts'
import { Hands } from './conduct/hands.ts'
import { conductLimits, type ConductLimits } from './conduct/limits.ts'
import { conductorFreshSeconds } from './control.ts'
import { cancelledLooks } from './looks.ts'
import { createQueues, queues, send, type Queues } from './queues.ts'
import { takeJobs } from './take-jobs.ts'
import { runsToVerify, verifyRun } from './verify.ts'
import { within } from './within.ts'

export type WorkerOptions = {
  readonly name?: string
  /** Observe on a schedule; off for a process that lives for one command. */
  readonly schedules?: boolean
  readonly limits?: Partial<ConductLimits>
}
const sweepMs = 2_000
/** A conductor of this process takes up by itself what is new on its server, and that goes first. */
const sweepAfterMs = 100
/** Most migrations take less. */
const usualDrainMs = 5_000
/** For all that follows, also when the control database says nothing: containers are killed ten seconds after they were asked to go, and the pools close after this. */
const afterDrainMs = 2_000
/** Of those, for the queues and the worker's own row. */
const leaveMs = 800
/** How long a run waits that could not be read back whole, because a database is away: mostly for a moment, so longer each time. */
const verifyAgainMs = { first: 2_000, most: 60_000 }
const observeEvery = '*/15 * * * *'
const compareEvery = '17 2 * * *'
const stopped = (): Error => Object.assign(new Error('the worker stops'), { code: 'CONNECTION_ENDED' })

/** A rollout that is followed keeps its place until it ends. */
const runsAtOnce = 8

type ConductJob = { readonly serverId: number; readonly ahead?: readonly number[] }

type Looks = { readonly looks: readonly DatabaseLook[]; readonly wish?: LookWish }

class WorkerProcess implements Worker {
  readonly name: string
  readonly #library: Library
  readonly #queues: Queues
  readonly #ears: Ears
  readonly #options: WorkerOptions
  readonly #limits: ConductLimits
  readonly #abort = new AbortController()
  readonly #listeners = new Set<() => void>()
  readonly #busy = new Set<Promise<void>>()
  readonly #hands = new Set<Hands>()
  /** By their job. */
  readonly #looking = new Map<string, AbortController>()
  readonly #verifyAgain = new Map<number, { readonly at: number; readonly waitedMs: number }>()
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Timeout | undefined
  #sweeping: Promise<void> | null = null
  #again = false
  #unsubscribe: (() => void) | null = null
  #stopping: Promise<void> | null = null
  #sweptAt = Date.now()

  constructor(library: Library, url: string, ears: Ears, options: WorkerOptions) {
    this.name = options.name ?? `${hostname()}:${process.pid}:${randomBytes(2).toString('hex')}`
    this.#library = library
    this.#ears = ears
    this.#options = options
    this.#limits = { ...conductLimits, ...options.limits }
    this.#queues = createQueues(url, library, options.schedules !== false)
  }

  get pulse(): WorkerPulse {
    if (this.#stopping) return 'stopping'
    return Date.now() - this.#sweptAt < conductorFreshSeconds * 1000 ? 'ok' : 'silent'
  }

  async start(): Promise<void> {
    await this.#queues.start()
    await this.#work(queues.conduct, this.#limits.serversAtOnce, (job: ConductJob) => this.#conduct(job))
    await this.#work(queues.verify, 2, ({ run }: { run: number }) => this.#verify(run))
    await this.#work(queues.compare, runsAtOnce, ({ run }: { run: number }) => compareWhileRunning(this.#library, run, this.#limits, this.#abort.signal))
    await this.#work(queues.observe, 4, (looks: Looks, job) => this.#observe(looks, job))
    await this.#work(queues.look, 4, (looks: Looks, job) => this.#observe(looks, job))
    await this.#work(queues.structure, 2, (looks: Looks, job) => this.#observe(looks, job))
    await this.#work(queues.pool, 2, ({ databaseId }: { databaseId: number }) => tendPools(this.#library, databaseId, this.#abort.signal))
    await this.#work(queues.figures, 1, ({ run }: { run: number }) => settleFigures(this.#library, run))
    await this.#work(queues.observeAll, 1, () => this.#observeAll())
    await this.#work(queues.structureAll, 1, () => this.#compareAll())
    if (this.#options.schedules !== false) await this.#startSchedule()
    this.#unsubscribe = await this.#ears.subscribe((heard) => {
      if (heard.topic === 'runs' || heard.topic === 'reconnected') for (const listen of this.#listeners) listen()
      else if (heard.topic === 'soon') return void this.#makeReady(heard.servers).catch(() => {})
      else if (heard.topic === 'observations') return void this.#endCancelled().catch(() => {})
      // A set that was read again, or that is to keep more or fewer ready schemas, has pools to see to.
      else if (heard.topic !== 'sets') return
      if (this.#listeners.size === 0) void this.#sweep()
      else this.#soon ??= setTimeout(() => void this.#sweep(), sweepAfterMs)
    })
    this.#timer = setInterval(() => void this.#sweep(), sweepMs)
    await this.#sweep()
  }

  /** What was not looked at since the last due time, because no worker ran, is looked at now. */
  async #startSchedule(): Promise<void> {
    await this.#work(queues.report, 2, ({ report }: { report: number }) => runScheduled(this.#library, report))
    await this.#work(queues.notes, 2, ({ databaseId }: { databaseId: number }) => followNotes(this.#library, databaseId))
    await this.#queues.boss.schedule(queues.observeAll, observeEvery)
    await this.#queues.boss.schedule(queues.structureAll, compareEvery)
    const { rows } = await sql<{ stale: boolean }>`
      select exists (select from database where checked_at is null or checked_at < now() - interval '15 minutes') as stale`.execute(this.#library.control.db)
    if (rows[0]?.stale) await send(this.#queues.boss, queues.observeAll, 'all', {})
    const { rows: structures } = await sql<{ stale: boolean }>`
      select exists (
        select from observation o join placement p on p.target_id = o.target_id join tenant n on n.id = p.tenant_id
        where n.state in ('active', 'suspended') and (o.structure_at is null or o.structure_at < now() - interval '25 hours')) as stale`.execute(
      this.#library.control.db,
    )
    if (structures[0]?.stale) await send(this.#queues.boss, queues.structureAll, 'all', {})
  }

  async #work<Data extends object>(queue: string, concurrency: number, handle: (data: Data, job: string) => Promise<unknown>): Promise<void> {
    const carryOut = async (job: Job<Data>): Promise<void> => {
      const running = handle(job.data, job.id).then(() => {})
      this.#busy.add(running)
      try {
        await running
      } catch (error) {
        const fields = { queue, data: job.data, code: codeOf(error), err: error }
        // A connection that was lost passes, and the work is found again.
        if (classify(codeOf(error)) === 'connection') this.#library.logger.warn(fields, 'job.failed')
        else this.#library.logger.error(fields, 'job.failed')
        throw error
      } finally {
        this.#busy.delete(running)
      }
    }
    const refused = (error: unknown): void => {
      if (!this.#abort.signal.aborted) this.#library.logger.warn({ queue, code: codeOf(error) }, 'worker.job_taker_refused')
    }
    await takeJobs(this.#queues.boss, queue, concurrency, carryOut, refused)
  }

  /** The run itself is found by a sweep, whatever becomes of this. */
  async #makeReady(servers: readonly Announced[]): Promise<void> {
    for (const { id, databases } of servers)
      await send(this.#queues.boss, queues.conduct, id, {
        serverId: id,
        ahead: databases.flatMap(([databaseId, count]) => Array.from({ length: count }, () => databaseId)),
      } satisfies ConductJob)
  }

  async #conduct({ serverId, ahead = [] }: ConductJob): Promise<void> {
    if (this.#abort.signal.aborted) return
    const hands = new Hands()
    this.#hands.add(hands)
    try {
      await conduct({
        library: this.#library,
        serverId,
        ahead,
        worker: this.name,
        limits: this.#limits,
        signal: this.#abort.signal,
        hands,
        onChange: (hear) => {
          this.#listeners.add(hear)
          return () => this.#listeners.delete(hear)
        },
      })
    } catch (error) {
      if (!(error instanceof Error && error.name === 'LeaseLost')) throw error
      // Nothing has failed: whoever took over does the work, and it is not for this worker to look for it at once.
      this.#library.logger.warn({ server: serverId, worker: this.name, reason: error.message }, 'conductor.lease_lost')
      return
    } finally {
      this.#hands.delete(hands)
    }
    // What was queued while the last items settled must not wait for the next sweep.
    void this.#sweep()
  }

  /** One after the other; what hinders one look hinders none behind it. */
  async #observe({ looks, wish }: Looks, job: string): Promise<void> {
    const failures: unknown[] = []
    const cancel = new AbortController()
    this.#looking.set(job, cancel)
    try {
      for (const { databaseId, targets } of looks) {
        // What was promised is not done yet: the next worker does it.
        if (this.#abort.signal.aborted) throw stopped()
        await observeDatabase(this.#library, databaseId, targets, undefined, wish, cancel.signal).catch((error: unknown) => failures.push(error))
        if (cancel.signal.aborted) return
      }
    } finally {
      this.#looking.delete(job)
    }
    if (failures.length > 0) throw failures[0]
  }

  /** Asked for by a person: the queue knows it, and a word that was lost is made good by the next sweep. */
  async #endCancelled(): Promise<void> {
    if (this.#looking.size === 0) return
    const cancelled = await cancelledLooks(this.#library.control.db, [...this.#looking.keys()])
    for (const job of cancelled) this.#looking.get(job)?.abort()
  }

  async #verify(run: number): Promise<void> {
    // Another worker, which has not tried it yet, may ask for it sooner.
    if ((this.#verifyAgain.get(run)?.at ?? 0) > Date.now()) return
    const waitMs = Math.min(verifyAgainMs.most, 2 * (this.#verifyAgain.get(run)?.waitedMs ?? verifyAgainMs.first / 2))
    let isRead = false
    try {
      isRead = await verifyRun(this.#library, run, this.#limits)
    } finally {
      if (isRead) this.#verifyAgain.delete(run)
      else this.#verifyAgain.set(run, { at: Date.now() + waitMs, waitedMs: waitMs })
    }
  }

  async #observeAll(): Promise<void> {
    await refreshDatabases(this.#library)
    // A target that somebody else has migrated is not left unknown until the night.
    await this.#askAll(queues.observe, 'changed')
    await refreshPoolers(this.#library)
  }

  async #compareAll(): Promise<void> {
    await pruneStructures(this.#library.control.db)
    await this.#askAll(queues.structure, 'due')
    await dropExpired(this.#library, this.#abort.signal)
  }

  async #askAll(queue: string, wish: LookWish): Promise<void> {
    const databases = await this.#library.control.db.selectFrom('database').select(['id', 'server_id as serverId']).orderBy('id').execute()
    for (const [serverId, looks] of Map.groupBy(databases, (database) => database.serverId))
      await send(this.#queues.boss, queue, serverId, { looks: looks.map(({ id }) => ({ databaseId: id, targets: null })), wish })
  }

  /** Finds work that nobody drives: new runs, and those whose worker died. One sweep at a time; a call meanwhile makes one more. */
  #sweep(): Promise<void> {
    clearTimeout(this.#soon)
    this.#soon = undefined
    if (this.#sweeping) {
      this.#again = true
      return this.#sweeping
    }
    this.#sweeping = this.#sweepNow()
      .catch((error: unknown) => this.#library.logger.warn({ code: codeOf(error) }, 'worker.sweep_failed'))
      .finally(() => {
        this.#sweeping = null
        if (!this.#again || this.#abort.signal.aborted) return
        this.#again = false
        void this.#sweep()
      })
    return this.#sweeping
  }

  async #sweepNow(): Promise<void> {
    if (this.#abort.signal.aborted) return
    const { db } = this.#library.control
    // Somebody may be looking at the run that has just been queued.
    for (const serverId of await serversWithWork(db, conductorFreshSeconds)) await send(this.#queues.boss, queues.conduct, serverId, { serverId })
    await sql`insert into worker (name) values (${this.name}) on conflict (name) do update set heartbeat_at = now()`.execute(db)
    this.#sweptAt = Date.now()
    await this.#endCancelled()
    const unread = await runsToVerify(this.#library)
    for (const run of this.#verifyAgain.keys()) if (!unread.includes(run)) this.#verifyAgain.delete(run)
    for (const run of unread) if ((this.#verifyAgain.get(run)?.at ?? 0) <= Date.now()) await send(this.#queues.boss, queues.verify, run, { run })
    for (const run of await runsToCompare(this.#library, this.#limits)) await send(this.#queues.boss, queues.compare, run, { run })
    for (const databaseId of await databasesDue(db)) await send(this.#queues.boss, queues.pool, databaseId, { databaseId })
    for (const run of await figuresDue(db)) await send(this.#queues.boss, queues.figures, run, { run })
    if (this.#options.schedules === false) return
    for (const report of await schedulesDue(db)) await send(this.#queues.boss, queues.report, report, { report })
    for (const databaseId of await notesDue(db)) await send(this.#queues.boss, queues.notes, databaseId, { databaseId })
  }

  /** What is on its way finishes if it can in time; everything else is left to other workers, or to the next start. */
  stop(options: StopOptions = {}): Promise<void> {
    return (this.#stopping ??= this.#stop(options))
  }

  get #inHand(): number {
    return [...this.#hands].reduce((sum, { size }) => sum + size, 0)
  }

  async #stop({ drainMs = usualDrainMs, onDrain, onCut }: StopOptions): Promise<void> {
    const end = performance.now() + drainMs + afterDrainMs
    const left = (): number => Math.max(0, end - performance.now())
    clearInterval(this.#timer)
    clearTimeout(this.#soon)
    this.#unsubscribe?.()
    this.#abort.abort()
    const ended = Promise.allSettled([...this.#busy, this.#sweeping])
    if (this.#inHand > 0) onDrain?.(this.#inHand, drainMs)
    let isDone = await within(drainMs, ended)
    if (!isDone) {
      if (this.#inHand > 0) onCut?.(this.#inHand)
      const cut = Promise.all([...this.#hands].map((hands) => hands.cut())).then((left) => {
        const notEnded = left.reduce((sum, count) => sum + count, 0)
        if (notEnded > 0) this.#library.logger.warn({ items: notEnded }, 'worker.not_ended')
        return ended
      })
      isDone = await within(left() - leaveMs, cut)
    }
    const forgotten = sql`delete from worker where name = ${this.name} or heartbeat_at < now() - interval '1 day'`.execute(this.#library.control.db)
    await Promise.all([this.#queues.stop(left(), isDone), within(left(), forgotten)])
  }
}

/**
 * @param url of the control database
 * @throws secret.wrong before any work is taken
 */
export const startWorker = async (library: Library, url: string, ears: Ears, options: WorkerOptions = {}): Promise<Worker> => {
  await claimSecret(library.control.db, library.secret)
  const worker = new WorkerProcess(library, url, ears, options)
  await worker.start()
  return worker
}
