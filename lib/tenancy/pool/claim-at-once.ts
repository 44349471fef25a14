/**
 * A few tenants for whom ready schemas are there need no conductor: the process that was asked claims them itself, and answers when they are active. Until the
 * run's `held_until` conductors leave it alone; whatever this process could not do or say, they do then, from what the histories say.
 */
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { OnboardInput } from '../contract/commands.ts'
import type { Library } from '../context.ts'
import { budgetPrefix } from '../control/installation.ts'
import { notify } from '../control/notify.ts'
import type { Scene } from '../migrations/apply.ts'
import { emptyDigest } from '../migrations/digest.ts'
import { openUrl } from '../registry/databases.ts'
import { atServer, ServerBusy } from '../registry/server-gate.ts'
import { writeHeldEnd, writeHeldReport } from '../runs/conduct/report.ts'
import type { ItemReport } from '../runs/conduct/report-rows.ts'
import { RunWatch, type SeenWork } from '../runs/watch.ts'
import { connectFleet, type FleetConnection } from '../session/fleet-connection.ts'
import { codeOf } from '../sql/sqlstate.ts'
import { claimSchema, type Given } from './claim.ts'

/** More are quicker done by a conductor, side by side. */
export const mostAtOnce = 10
/** Longer than a claim may take, by what a process that is held up, or a COMMIT, may be late. */
export const holdSeconds = 5
export const claimWithinMs = 3_000

const turnMs = 150
const connectMs = 300
/** Others want the turn, while the tenants are being reserved behind somebody's lock. */
const keepMs = 1_000
const limits = { lockTimeoutMs: 200, statementTimeoutMs: 400 }

/** What the claim of one item needs. */
export type HeldItem = {
  readonly position: number
  readonly targetId: number
  readonly tenantId: number
  readonly slug: string
  readonly schema: string
  readonly role: string
  readonly roleExists: boolean
  readonly given: Given
}

export type HeldRun = {
  readonly run: number
  readonly serverId: number
  readonly databaseId: number
  readonly versions: readonly string[]
  /** Digest that the histories must have. */
  readonly expected: string
  readonly items: readonly HeldItem[]
  /** By `performance.now()`: nothing is claimed after it, since conductors may have the run. */
  readonly until: number
}

type Place = { readonly databaseId: number; readonly serverId: number; readonly server: string; readonly sealed: Buffer; readonly installation: string }

/** The one database of all tenants of the call, if ready schemas are there. */
const findPlace = async ({ control: { db } }: Library, input: OnboardInput): Promise<Place | null> => {
  const names = new Set(input.tenants.map(({ database }) => database ?? null))
  const [name, ...others] = names
  if (name === undefined || others.length > 0 || input.tenants.length > mostAtOnce) return null
  const { rows } = await sql<Place>`
    select d.id as "databaseId", d.server_id as "serverId", v.name as server, d.url_sealed as sealed, i.value #>> '{}' as installation
    from database d join server v on v.id = d.server_id cross join migration_set s cross join setting i
    where s.name = ${input.set} and i.key = 'installation'
      and (d.name = ${name}::text or (${name}::text is null and (d.id = s.default_database_id or (select count(*) from database) = 1)))
      and exists (select from pool_schema p where p.set_id = s.id and p.database_id = d.id and p.state = 'ready')
    order by d.id = s.default_database_id desc limit 1`.execute(db)
  return rows[0] ?? null
}

type Reached = {
  readonly to: FleetConnection
  readonly databaseId: number
  readonly server: string
  readonly installation: string
  /** What the server's own clock showed, in seconds, no later than at `at` of `performance.now()`. */
  readonly clock: { readonly seconds: number; readonly at: number }
}

/** A connection in its turn at the server, made while the tenants are being reserved. */
export type Reach = {
  /** From now on it is kept until it is let go. null: the server is busy, or cannot be had at once. */
  take(): Promise<Reached | null>
  /** Gives the connection and the turn back. */
  letGo(): Promise<void>
}

export const reachOut = (library: Library, input: OnboardInput): Reach => {
  const { promise: over, resolve: end } = Promise.withResolvers<void>()
  const { promise: reached, resolve: answer } = Promise.withResolvers<Reached | null>()
  let isTaken = false
  let isGone = false
  const untilUnwanted = async (): Promise<void> => {
    await sleep(keepMs, undefined, { ref: false })
    if (isTaken) await over
  }
  const reach = async (): Promise<void> => {
    const place = await findPlace(library, input)
    if (!place) return
    const prefix = budgetPrefix(place.installation)
    const hold = async (): Promise<void> => {
      const to = await connectFleet(openUrl(library.secret, place.sealed).url, { applicationName: `${prefix}claim`, connectTimeoutMs: connectMs })
      try {
        const [row] = await to.query<{ seconds: string }>('SELECT extract(epoch FROM clock_timestamp()) AS seconds', connectMs)
        answer({ to, ...place, clock: { seconds: Number(row?.seconds), at: performance.now() } })
        await Promise.race([over, untilUnwanted()])
      } finally {
        isGone = true
        await to.close()
      }
    }
    await atServer(library, place.serverId, hold, turnMs)
  }
  const gone = reach()
    .catch((error: unknown) => {
      if (!(error instanceof ServerBusy)) library.logger.warn({ code: codeOf(error) }, 'pool.not_reached')
    })
    .finally(() => answer(null))
  return {
    async take() {
      isTaken = true
      const found = await reached
      return isGone ? null : found
    },
    letGo() {
      end()
      return gone
    },
  }
}

type Claimed = {
  readonly reports: readonly ItemReport[]
  /** What comes behind these. `unknown`: the first of it may have been committed. */
  readonly rest: 'none' | 'untouched' | 'unknown'
}

const claimAll = async (held: HeldRun, run: SeenWork['run'], { to, installation, clock }: Reached, watch: RunWatch): Promise<Claimed> => {
  const prefix = budgetPrefix(installation)
  const reports: ItemReport[] = []
  for (const item of held.items) {
    const startedAt = new Date()
    const leftMs = Math.floor(held.until - performance.now())
    if (leftMs <= 0) return { reports, rest: 'untouched' }
    const work = { run, slug: item.slug, attempts: 0 }
    const scene: Scene = {
      schema: item.schema,
      extensionSchemas: [],
      run: held.run,
      applicationName: `${prefix}claim run ${held.run} ${item.schema}`,
      limits: { ...limits, flightTimeoutMs: leftMs },
      span: watch.began(work, startedAt),
    }
    const until = clock.seconds + (held.until - clock.at) / 1000
    const outcome = await claimSchema(to, item.given, { role: item.role, roleExists: item.roleExists, expected: held.expected, until }, scene)
    if (outcome.kind !== 'applied') {
      watch.notClaimed(work, outcome.kind, outcome.kind === 'unfit' ? outcome.code : outcome.error.code)
      return { reports, rest: outcome.kind === 'unknown' ? 'unknown' : 'untouched' }
    }
    const finishedAt = new Date()
    watch.settled(work, { kind: 'succeeded', versions: held.versions, seen: outcome.summary, claimed: true }, startedAt, false)
    reports.push({
      run: held.run,
      position: item.position,
      targetId: item.targetId,
      tenantId: item.tenantId,
      state: 'succeeded',
      attempts: 1,
      nextAttemptAt: null,
      startedAt,
      attempt: { state: 'succeeded', startedAt, finishedAt, versionsApplied: held.versions, backendPid: to.pid, claimed: true, error: null },
      error: null,
      seen: outcome.summary,
      activates: true,
    })
  }
  return { reports, rest: 'none' }
}

/** What was not begun waits for a conductor, from now on. */
const giveBack = (library: Library, { run }: HeldRun, untouched: readonly number[]): Promise<void> =>
  library.control.db.transaction().execute(async (trx) => {
    const { rows } =
      await sql`update run set held_until = null, revision = revision + 1 where id = ${run} and held_until > clock_timestamp() returning 1`.execute(trx)
    if (rows.length === 0) return
    await sql`
      update run_item i set state = 'pending', revision = r.revision, started_at = null from run r
      where r.id = i.run_id and i.run_id = ${run} and i.state = 'running' and i.position = any(${[...untouched]}::integer[])`.execute(trx)
    await notify(trx, { topic: 'runs' })
    await notify(trx, { topic: 'tenants' })
    await notify(trx, { topic: 'run', id: run })
  })

const worker = (): string => `${hostname()}:${process.pid}`

/** Never throws: the run is in good hands, whatever happens here. */
export const claimAtOnce = async (library: Library, held: HeldRun, reach: Reach): Promise<void> => {
  let watch: RunWatch | null = null
  try {
    const reached = await reach.take()
    const positions = held.items.map(({ position }) => position)
    if (!reached || reached.databaseId !== held.databaseId) return await giveBack(library, held, positions)
    const { installation, server } = reached
    watch = new RunWatch(library, { installation, server, worker: worker(), epoch: null })
    const run: SeenWork['run'] = { id: held.run, kind: 'onboard', state: 'running' }
    const { reports, rest } = await claimAll(held, run, reached, watch)
    const { db } = library.control
    const ended = rest === 'none' ? await writeHeldEnd(db, held.run, worker(), reports, emptyDigest) : null
    const told = { items: reports, attempts: reports, quiet: rest === 'none' ? [held.run] : [] }
    const state = ended ?? (reports.length > 0 ? await writeHeldReport(db, held.run, held.serverId, worker(), told, emptyDigest) : null)
    if (state !== null) {
      run.state = state
      watch.learned(run)
    }
    if (rest === 'none') return
    // Of which nobody knows stays as it is, in somebody's hand: whoever takes it over reads its history before anything is said of it.
    await giveBack(library, held, positions.slice(reports.length + (rest === 'unknown' ? 1 : 0)))
  } catch (error) {
    library.logger.warn({ run: held.run, code: codeOf(error) }, 'pool.claim_left')
  } finally {
    watch?.close()
  }
}
