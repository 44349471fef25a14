/** A process's part in the work: conductors for servers with open items, observations, and the schedule for them. Any number of processes may run one. */
import { hostname } from 'node:os'
import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { PgBoss } from 'pg-boss'
import type { WorkerPulse } from '../contract/on-call.ts'
import type { StopOptions, Worker } from '../contract/worker.ts'
import type { Library } from '../context.ts'
import { answerBounds } from '../control/db.ts'
import type { Ears } from '../control/notify.ts'
import { claimSecret } from '../control/secret-check.ts'
import { refreshDatabases } from '../registry/database-refresh.ts'
import { observeDatabase } from '../observation/observe.ts'
import type { DatabaseLook } from '../observation/request.ts'
import { pgOptions } from '../sql/database-url.ts'
import { classify, codeOf } from '../sql/sqlstate.ts'
import { serversWithWork } from './conduct/adopt.ts'
import { conduct } from './conduct/drive-server.ts'
import { Hands } from './conduct/hands.ts'
import { conductLimits, type ConductLimits } from './conduct/limits.ts'
import { conductorFreshSeconds } from './control.ts'
import { runsToVerify, verifyRun } from './verify.ts'
import { within } from './within.ts'

export type WorkerOptions = {
  readonly name?: string
  /** Observe on a schedule; off for a process that lives for one command. */
  readonly schedules?: boolean
  readonly limits?: Partial<ConductLimits>
}
const queues = { conduct: 'conduct', observe: 'observe', observeAll: 'observe-all', verify: 'verify' } as const
const sweepMs = 2_000
/** Most migrations take less; containers are killed ten seconds after they were asked to go, and the rest needs some of these. */
const usualDrainMs = 5_000
/** For what was ended to be told, for the queue, and for a control database that may be away. */
const cutMs = 3_000
/** How long a run waits that could not be read back whole, because a database is away. */
const verifyAgainMs = 60_000
const observeEvery = '*/15 * * * *'
/** A job's own bound; heartbeats tell a dead worker from a long run far earlier. */
const jobLimitSeconds = 23 * 3600
const heartbeat = { heartbeatSeconds: 10 }
const polling = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 5 }

/** Handed on to the driver; their type does not list them all. */
const connection = (url: string): object => ({ ...answerBounds, ...pgOptions(url) })

const makeBoss = (url: string, library: Library, schedules: boolean): PgBoss => {
  const boss = new PgBoss({
    ...connection(url),
    application_name: 'tenantry:jobs',
    schema: 'pgboss',
    max: 4,
    useListenNotify: true,
    schedule: schedules,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
  })
  boss.on('error', (error) => library.logger.warn({ code: codeOf(error) }, 'jobs.error'))
  return boss
}

/** `exclusive`: at most one job a key is waiting or active, which is what makes one driver to a server. */
const makeQueues = async (boss: PgBoss): Promise<void> => {
  for (const name of Object.values(queues))
    await boss.createQueue(name, { policy: 'exclusive', retryLimit: 0, expireInSeconds: jobLimitSeconds, deleteAfterSeconds: 3600, notify: true, ...heartbeat })
}

/** @returns false when a job of that key is waiting or active already: then this one is not sent */
const send = async (boss: PgBoss, queue: string, key: number | string, data: object): Promise<boolean> =>
  (await boss.send(queue, data, { singletonKey: String(key) })) !== null

export type Jobs = {
  /** Looks at databases of one server, one after the other. */
  observe(serverId: number, looks: readonly DatabaseLook[]): Promise<void>
  close(): Promise<void>
}

/** For processes that only ask for work: opens at the first request. */
export const createJobs = (library: Library, url: string): Jobs => {
  let opened: Promise<PgBoss> | null = null
  const open = async (): Promise<PgBoss> => {
    const boss = makeBoss(url, library, false)
    try {
      await boss.start()
      await makeQueues(boss)
      return boss
    } catch (error) {
      // The next request tries anew.
      opened = null
      await boss.stop({ graceful: false }).catch(() => {})
      throw error
    }
  }
  return {
    async observe(serverId, looks) {
      opened ??= open()
      const boss = await opened
      if (await send(boss, queues.observe, serverId, { looks })) return
      // Another look at the server is under way, which may have passed by what is asked for: this one waits behind it.
      for (const look of looks) await send(boss, queues.observe, `${serverId}:${look.databaseId}`, { looks: [look] })
    },
    async close() {
      const boss = await opened?.catch(() => null)
      await boss?.stop({ graceful: false })
    },
  }
}

class WorkerProcess implements Worker {
  readonly name: string
  readonly #library: Library
  readonly #boss: PgBoss
  readonly #ears: Ears
  readonly #options: WorkerOptions
  readonly #abort = new AbortController()
  readonly #listeners = new Set<() => void>()
  readonly #busy = new Set<Promise<void>>()
  readonly #hands = new Set<Hands>()
  readonly #verifyAgainAt = new Map<number, number>()
  #timer: NodeJS.Timeout | undefined
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
    this.#boss = makeBoss(url, library, options.schedules !== false)
  }

  get pulse(): WorkerPulse {
    if (this.#stopping) return 'stopping'
    return Date.now() - this.#sweptAt < conductorFreshSeconds * 1000 ? 'ok' : 'silent'
  }

  async start(): Promise<void> {
    await this.#boss.start()
    await makeQueues(this.#boss)
    await this.#work(queues.conduct, 16, ({ serverId }: { serverId: number }) => this.#conduct(serverId))
    await this.#work(queues.verify, 2, ({ run }: { run: number }) => this.#verify(run))
    await this.#work(queues.observe, 4, ({ looks }: { looks: readonly DatabaseLook[] }) => this.#observe(looks))
    await this.#work(queues.observeAll, 1, () => this.#observeAll())
    if (this.#options.schedules !== false) await this.#startSchedule()
    this.#unsubscribe = await this.#ears.subscribe((heard) => {
      if (heard.topic !== 'runs' && heard.topic !== 'reconnected') return
      for (const listen of this.#listeners) listen()
      void this.#sweep()
    })
    this.#timer = setInterval(() => void this.#sweep(), sweepMs)
    await this.#sweep()
  }

  /** What was not looked at since the last due time, because no worker ran, is looked at now. */
  async #startSchedule(): Promise<void> {
    await this.#boss.schedule(queues.observeAll, observeEvery)
    const { rows } = await sql<{ stale: boolean }>`
      select exists (select from database where checked_at is null or checked_at < now() - interval '15 minutes') as stale`.execute(this.#library.control.db)
    if (rows[0]?.stale) await send(this.#boss, queues.observeAll, 'all', {})
  }

  async #work<Data extends object>(queue: string, concurrency: number, handle: (data: Data) => Promise<unknown>): Promise<void> {
    await this.#boss.work<Data>(queue, { localConcurrency: concurrency, batchSize: 1, heartbeatRefreshSeconds: 3, ...polling }, async ([job]) => {
      if (!job) return
      const running = handle(job.data).then(() => {})
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
    })
  }

  async #conduct(serverId: number): Promise<void> {
    if (this.#abort.signal.aborted) return
    const hands = new Hands()
    this.#hands.add(hands)
    try {
      await conduct({
        library: this.#library,
        serverId,
        worker: this.name,
        limits: { ...conductLimits, ...this.#options.limits },
        signal: this.#abort.signal,
        hands,
        onChange: (hear) => {
          this.#listeners.add(hear)
          return () => this.#listeners.delete(hear)
        },
      })
    } finally {
      this.#hands.delete(hands)
    }
    // What was queued while the last items settled must not wait for the next sweep.
    void this.#sweep()
  }

  /** One after the other; what hinders one look hinders none behind it. */
  async #observe(looks: readonly DatabaseLook[]): Promise<void> {
    const failures: unknown[] = []
    for (const { databaseId, targets } of looks) {
      if (this.#abort.signal.aborted) return
      await observeDatabase(this.#library, databaseId, targets).catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }

  async #verify(run: number): Promise<void> {
    this.#verifyAgainAt.set(run, Date.now() + verifyAgainMs)
    if (await verifyRun(this.#library, run)) this.#verifyAgainAt.delete(run)
  }

  async #observeAll(): Promise<void> {
    await refreshDatabases(this.#library)
    const databases = await this.#library.control.db.selectFrom('database').select(['id', 'server_id as serverId']).orderBy('id').execute()
    for (const [serverId, looks] of Map.groupBy(databases, (database) => database.serverId))
      await send(this.#boss, queues.observe, serverId, { looks: looks.map(({ id }) => ({ databaseId: id, targets: null })) })
  }

  /** Finds work that nobody drives: new runs, and those whose worker died. One sweep at a time; a call meanwhile makes one more. */
  #sweep(): Promise<void> {
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
    await sql`insert into worker (name) values (${this.name}) on conflict (name) do update set heartbeat_at = now()`.execute(db)
    this.#sweptAt = Date.now()
    for (const serverId of await serversWithWork(db, conductorFreshSeconds)) await send(this.#boss, queues.conduct, serverId, { serverId })
    for (const run of await runsToVerify(this.#library))
      if ((this.#verifyAgainAt.get(run) ?? 0) <= Date.now()) await send(this.#boss, queues.verify, run, { run })
  }

  /** What is on its way finishes if it can in time; everything else is left to other workers, or to the next start. */
  stop(options: StopOptions = {}): Promise<void> {
    return (this.#stopping ??= this.#stop(options))
  }

  get #inHand(): number {
    return [...this.#hands].reduce((sum, { size }) => sum + size, 0)
  }

  async #stop({ drainMs = usualDrainMs, onDrain, onCut }: StopOptions): Promise<void> {
    clearInterval(this.#timer)
    this.#unsubscribe?.()
    this.#abort.abort()
    const ended = Promise.allSettled([...this.#busy, this.#sweeping])
    if (this.#inHand > 0) onDrain?.(this.#inHand, drainMs)
    if (!(await within(drainMs, ended))) {
      if (this.#inHand > 0) onCut?.(this.#inHand)
      await Promise.all([...this.#hands].map((hands) => hands.cut()))
      await within(cutMs, ended)
    }
    await within(cutMs, this.#boss.stop({ graceful: true, timeout: 1_000 }))
    const forgotten = sql`delete from worker where name = ${this.name} or heartbeat_at < now() - interval '1 day'`.execute(this.#library.control.db)
    await within(cutMs, forgotten)
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
