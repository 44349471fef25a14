/** The product as it runs: a control database, a worker in a process of its own, and this process as the web would be. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type postgres from 'postgres'
import nodeFlags from '../../bin/node-flags.json' with { type: 'json' }
import { migrationsDir } from '../../lib/connection.ts'
import { systemActor } from '../../lib/tenancy/contract/permissions.ts'
import type { Tenancy } from '../../lib/tenancy/contract/tenancy.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { fleetDir } from './fleet-set.ts'
import { openSql, type BenchServer } from './server.ts'
import type { WorkerAnswer, WorkerMessage } from './worker.ts'

export const secret = 'the secret of a bench that is long enough'
export const setName = 'bench'
export const databaseName = 'fleet'
/** Of fleets that live on several servers. */
export const databaseNames = [databaseName, 'fleet-2', 'fleet-3'] as const

export type RunTimes = {
  /** From the call that starts the run until its final state is to be seen. */
  readonly finalMs: number
  /** Until all of its histories were read back once more, beside the run. */
  readonly verifiedMs: number
  /** Messages of live progress that a page would have got. */
  readonly events: number
}

export type Product = {
  readonly tenancy: Tenancy
  /** The control database, for looking beside the clock. */
  readonly sql: postgres.Sql
  addFleet(...urls: readonly string[]): Promise<void>
  /** One more worker process. @returns the way to end it */
  addWorker(): Promise<() => Promise<void>>
  /** Starts a run and waits for it while listening as a page does. @throws when it does not end in `succeeded` */
  drive(start: () => Promise<{ readonly run: number }>): Promise<RunTimes>
  /** Bytes of the worker process and the milliseconds of CPU it has used. */
  worker(): Promise<{ readonly rss: number; readonly peak: number; readonly cpuMs: number }>
  close(): Promise<void>
}

/** A database of the fleet, or several, named one after the other as in `databaseNames`, and the set. */
export const addFleet = async (tenancy: Tenancy, urls: readonly string[], budget: number): Promise<void> => {
  for (const [index, url] of urls.entries()) await tenancy.databases.add(systemActor, { name: databaseNames[index] ?? '', url, budget })
  await tenancy.sets.sync(systemActor, { name: setName, dir: fleetDir, database: databaseName })
}

const ask = async (child: ChildProcess, message: WorkerMessage): Promise<WorkerAnswer> => {
  const answered = once(child, 'message') as Promise<[WorkerAnswer]>
  child.send(message)
  const [answer] = await answered
  return answer
}

const startWorker = async (controlUrl: string, profile: string | null, name = 'bench'): Promise<ChildProcess> => {
  const child = fork(join(import.meta.dirname, 'worker.ts'), {
    execArgv: profile === null ? nodeFlags : [...nodeFlags, '--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${profile}`],
  })
  await ask(child, { kind: 'start', controlUrl, secret, name })
  return child
}

const endWorker = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, 'exit')
  child.send({ kind: 'stop' } satisfies WorkerMessage)
  await ended
}

/** Resolves at the notification with which the run is final; polls as well, for a notification that came too early to be listened to. */
const untilFinal = async (sql: postgres.Sql, run: number, heard: Set<() => void>): Promise<string> => {
  for (;;) {
    const { promise: said, resolve: tell } = Promise.withResolvers<void>()
    heard.add(tell)
    const [row] = await sql<Array<{ state: string }>>`select state from tenantry.run where id = ${run}`
    if (row && ['succeeded', 'failed', 'cancelled', 'paused'].includes(row.state)) return row.state
    await Promise.race([said, sleep(1_000)])
    heard.delete(tell)
  }
}

/** No conductor waits for another run. */
export const untilNobodyDrives = async (sql: postgres.Sql): Promise<void> => {
  while ((await sql`select from tenantry.conductor where worker is not null`).length > 0) await sleep(50)
}

const untilQuiet = async (sql: postgres.Sql, run: number): Promise<void> => {
  for (;;) {
    const [row] = await sql<Array<{ quiet: boolean }>>`
      select (select (verified_at is not null or kind = 'report') from tenantry.run where id = ${run}) and not exists (select from tenantry.conductor where worker is not null) as quiet`
    if (row?.quiet) return
    await sleep(50)
  }
}

/** No run is open or still to be read back, and nobody drives a server. */
export const untilAllEnded = async (sql: postgres.Sql): Promise<void> => {
  for (;;) {
    const [row] = await sql<Array<{ ended: boolean }>>`
      select not exists (select from tenantry.run where finished_at is null or (verified_at is null and kind <> 'report'))
        and not exists (select from tenantry.conductor where worker is not null and heartbeat_at > now() - interval '15 seconds') as ended`
    if (row?.ended) return
    await sleep(200)
  }
}

const untilVerified = async (sql: postgres.Sql, run: number): Promise<void> => {
  for (;;) {
    const [row] = await sql<Array<{ verified: boolean; mismatches: number }>>`
      select (verified_at is not null or kind = 'report') as verified, coalesce(verified_mismatches, 0) as mismatches from tenantry.run where id = ${run}`
    if (row?.verified && row.mismatches > 0) throw new Error(`run ${run}: ${row.mismatches} targets do not hold what the run recorded`)
    if (row?.verified) return
    await sleep(20)
  }
}

export type ProductOptions = {
  readonly connections: number
  readonly profile: string | null
  /** Of the control plane. */
  readonly database?: string
  /** The control database is there, and stays: what is to be done with it before a worker sees it. */
  readonly prepare?: (tenancy: Tenancy) => Promise<unknown>
}

export const openProduct = async (server: BenchServer, options: ProductOptions): Promise<Product> => {
  const database = options.database ?? 'control'
  const controlUrl = options.prepare ? server.urlOf(database) : await server.create(database)
  const tenancy = createTenancy({ controlUrl, secret, migrationsDir })
  await tenancy.control.migrate()
  await options.prepare?.(tenancy)
  const child = await startWorker(controlUrl, options.profile)
  const sql = openSql(controlUrl)
  const heard = new Set<() => void>()
  await sql.listen('tenantry', () => {
    for (const tell of heard) tell()
  })
  return {
    tenancy,
    sql,
    addFleet: (...urls) => addFleet(tenancy, urls, options.connections),
    async addWorker() {
      const more = await startWorker(controlUrl, options.profile, 'bench-2')
      return () => endWorker(more)
    },
    async drive(start) {
      let events = 0
      const begun = performance.now()
      const { run } = await start()
      const stopHearing = await tenancy.events.run(run, null, () => {
        events += 1
      })
      const state = await untilFinal(sql, run, heard)
      const finalMs = performance.now() - begun
      await untilVerified(sql, run)
      const verifiedMs = performance.now() - begun
      stopHearing()
      if (state !== 'succeeded') throw new Error(`run ${run} ended as ${state}`)
      // The next one starts cold, as runs do.
      await untilQuiet(sql, run)
      return { finalMs, verifiedMs, events }
    },
    async worker() {
      const answer = await ask(child, { kind: 'memory' })
      if (answer.kind !== 'memory') throw new Error('the worker gave another answer')
      return answer
    },
    async close() {
      await endWorker(child)
      await sql.end({ timeout: 5 })
      await tenancy.close()
      if (!options.prepare) await server.drop(database)
    },
  }
}
