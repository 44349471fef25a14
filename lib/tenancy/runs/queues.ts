/** The queues of work in the control database, for those who ask for work and those who do it. */
import { createHash } from 'node:crypto'
import { PgBoss } from 'pg-boss'
import type { Library } from '../context.ts'
import { answerBounds } from '../control/client.ts'
import { Sockets } from '../control/sockets.ts'
import type { DatabaseLook } from '../observation/request.ts'
import { pgOptions } from '../sql/database-url.ts'
import { codeOf } from '../sql/sqlstate.ts'

/** `observe` and `structure` are for the schedule; what somebody asked for is `look`. */
export const queues = {
  conduct: 'conduct',
  observe: 'observe',
  look: 'look',
  observeAll: 'observe-all',
  structure: 'structure',
  structureAll: 'structure-all',
  verify: 'verify',
  compare: 'compare',
  pool: 'pool',
  notes: 'notes',
  report: 'report',
  figures: 'figures',
} as const

const closeMs = 1_500
/** A job's own bound; heartbeats tell a dead worker from a long run far earlier. */
const jobLimitSeconds = 23 * 3600
const usual = { expireInSeconds: jobLimitSeconds, deleteAfterSeconds: 3600, notify: true, heartbeatSeconds: 10 }

/** At most one job a key is waiting or active, which is what makes one driver to a server. It is found again by whoever looks for work. */
const exclusive = { ...usual, policy: 'exclusive', retryLimit: 0 } as const
/** At most one job a key is waiting: one that is under way may have passed by what is asked for. Nobody finds it again, so it outlives its worker. */
const promised = { ...usual, policy: 'short', retryLimit: 5, retryDelay: 1 } as const

export type Queues = {
  readonly boss: PgBoss
  /** Opens the connections. */
  start(): Promise<void>
  /**
   * Gives back what is under way, and the connections; those of a silent server are cut when the time is over.
   * @param isDone nothing is under way but the last words to the queue
   */
  stop(limitMs: number, isDone: boolean): Promise<void>
}

/** @param url of the control database */
export const createQueues = (url: string, library: Library, schedules: boolean): Queues => {
  const sockets = new Sockets()
  /** Handed on to the driver; their type does not list them all. */
  const connection: object = sockets.keep({ ...answerBounds, ...pgOptions(url) })
  const boss = new PgBoss({
    ...connection,
    application_name: 'tenantry:jobs',
    schema: 'pgboss',
    max: 4,
    useListenNotify: true,
    schedule: schedules,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
  })
  let isStopping = false
  // What it is at when it is stopped finds its connections closed, and is done by the next one.
  boss.on('error', (error) => library.logger[isStopping ? 'debug' : 'warn']({ code: codeOf(error) }, 'jobs.error'))
  return {
    boss,
    async start() {
      await boss.start()
      for (const name of Object.values(queues)) await boss.createQueue(name, name === queues.look ? promised : exclusive)
    },
    stop: (limitMs, isDone) => {
      isStopping = true
      return sockets.end(limitMs, boss.stop({ graceful: isDone, timeout: 1_000 }))
    },
  }
}

/** @returns false when a job of that key is there already: then this one is not sent */
export const send = async (boss: PgBoss, queue: string, key: number | string, data: object): Promise<boolean> =>
  (await boss.send(queue, data, { singletonKey: String(key) })) !== null

/** Equal for requests that are answered by the same look. */
const digestOf = (looks: readonly DatabaseLook[]): string => {
  const ordered = looks
    .map(({ databaseId, targets }) => [databaseId, targets && targets.toSorted((one, other) => one - other)] as const)
    .toSorted(([one], [other]) => one - other)
  return createHash('sha256').update(JSON.stringify(ordered)).digest('hex')
}

export type Jobs = {
  /** Looks at databases of one server, one after the other. */
  observe(serverId: number, looks: readonly DatabaseLook[], withStructure?: boolean): Promise<void>
  close(): Promise<void>
}

/** For processes that only ask for work: opens at the first request. */
export const createJobs = (library: Library, url: string): Jobs => {
  let opened: Promise<Queues> | null = null
  const open = async (): Promise<Queues> => {
    const made = createQueues(url, library, false)
    try {
      await made.start()
      return made
    } catch (error) {
      // The next request tries anew.
      opened = null
      await made.stop(closeMs, true)
      throw error
    }
  }
  return {
    async observe(serverId, looks, withStructure = false) {
      opened ??= open()
      const { boss } = await opened
      // One that is not sent waits already, and will look after this moment.
      await send(boss, queues.look, `${serverId}:${digestOf(looks)}${withStructure ? ':structure' : ''}`, { looks, wish: withStructure ? 'asked' : 'none' })
    },
    async close() {
      const made = await opened?.catch(() => null)
      await made?.stop(closeMs, true)
    },
  }
}
