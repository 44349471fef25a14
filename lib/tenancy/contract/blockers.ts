/** Who is in the way of a run's item, as its server says it at this moment, and what may be done about it. */
import { z } from 'zod'
import { anySlug, runId, storableText } from './commands.ts'

/** lock_not_available, deadlock_detected */
const lockCodes: ReadonlySet<string | null> = new Set(['55P03', '40P01'])
/** Whether somebody who holds a lock is what an attempt failed of. */
export const isLockCode = (code: string | null): boolean => lockCodes.has(code)

/** What PostgreSQL calls a lock: its kind, its mode and, for a table or index of the tenant's schema, the name. */
export type LockName = { readonly kind: string; readonly mode: string; readonly relation: string | null }

/** Somebody who blocks the item, or who blocks somebody who does. */
export type BlockingSession = {
  /** 0: a prepared transaction, which has no session. */
  readonly pid: number
  /** With the pid it names the session for good: pids are used again. Null when the console's role may not see it. */
  readonly backendStart: string | null
  /** 0 blocks the item itself, 1 blocks one of those, and so on. */
  readonly depth: number
  /** Whom it waits for itself. */
  readonly waitsFor: readonly number[]
  /** For a prepared transaction its name. */
  readonly application: string
  readonly user: string | null
  /** Null for a local socket, and for what has no client. */
  readonly client: string | null
  /** `client backend`, `autovacuum worker`, … */
  readonly backend: string | null
  /** `active`, `idle in transaction`, … */
  readonly state: string | null
  readonly waitEvent: string | null
  readonly transactionMs: number | null
  readonly queryMs: number | null
  /** What it runs, or ran last; its first 2,000 characters. */
  readonly query: string | null
  /** Locks in the tenant's schema, at most 5; those on indexes come with their table's. */
  readonly holds: readonly LockName[]
  /** One of Tenantry's own. */
  readonly isOurs: boolean
  /** What the console's role would have to be, or to be a member of, to signal it; null: nothing is in the way. */
  readonly lacks: 'superuser' | 'pg_signal_backend' | null
}

/** Somebody who held locks in a tenant's schema when an attempt gave up; kept with its error, without what they ran. */
export type LockHolder = Pick<
  BlockingSession,
  'pid' | 'backendStart' | 'application' | 'user' | 'client' | 'backend' | 'state' | 'transactionMs' | 'holds' | 'isOurs'
>

/**
 * - `waits`: its backend waits at this moment, and the sessions are those that PostgreSQL says it waits for.
 * - `aside`: its last attempt met a lock and the next one is to come; the sessions hold locks in the tenant's schema.
 * - `free`: nobody is in its way.
 */
export type ItemStanding = 'waits' | 'aside' | 'free'

export type ItemBlockers = {
  readonly readAt: string
  readonly standing: ItemStanding
  /** The item's own backend while one is on its way. */
  readonly own: {
    readonly pid: number
    readonly waitsFor: LockName | null
    readonly queryMs: number | null
    /** CREATE INDEX CONCURRENTLY waits for transactions one after the other, whichever tenant they look at. */
    readonly building: { readonly phase: string; readonly done: number; readonly total: number } | null
  } | null
  /** The nearest first, at most 50. */
  readonly sessions: readonly BlockingSession[]
  readonly total: number
  /** Why the server could not be asked. */
  readonly problem: string | null
  /** Of an item that has failed: by what, and who was last seen in its way. Nobody: of another thing than a lock, or none of them was seen. */
  readonly failed: {
    readonly at: string | null
    readonly code: string
    readonly message: string
    readonly isLock: boolean
    readonly heldBy: readonly LockHolder[]
  } | null
}

export const blockersInput = z.object({ run: runId, slug: anySlug })

export const stopBlockerInput = blockersInput.extend({
  pid: z.coerce.number().int('must be a whole number').positive('must be a positive number').max(2_147_483_647, 'is too large'),
  backendStart: storableText.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/, 'is not the start of a session as it was shown'),
  reason: storableText.trim().min(3, 'must say why, in at least 3 characters').max(500, 'must be at most 500 characters'),
})
export type StopBlockerInput = z.output<typeof stopBlockerInput>

/** `cancel` ends the query that runs, `terminate` the whole session with its transaction. */
export type BlockerStop = 'cancel' | 'terminate'

/** AccessExclusiveLock → ACCESS EXCLUSIVE, as LOCK TABLE and the manual write it. */
const modeWords = (mode: string): string =>
  mode
    .replace(/Lock$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase()

export const describeLock = ({ kind, mode, relation }: LockName): string => {
  if (relation !== null) return `${modeWords(mode)} on ${relation}`
  if (kind === 'virtualxid') return 'the end of an older transaction'
  if (kind === 'transactionid') return 'the end of a transaction that changed the same row'
  return kind === 'relation' ? `${modeWords(mode)} on a table outside of its schema` : `${modeWords(mode)} (${kind})`
}

/** "4711 nightly export of ada from 10.0.0.4, idle in transaction, with ACCESS SHARE on orders" */
export const describeHolder = ({ pid, application, user, client, state, holds, isOurs }: LockHolder): string =>
  [
    `${pid === 0 ? 'a prepared transaction' : pid}${application === '' ? '' : ` ${application}`}${user === null ? '' : ` of ${user}`}${client === null ? '' : ` from ${client}`}`,
    ...(isOurs ? ['Tenantry’s own'] : []),
    ...(state === null ? [] : [state]),
    ...(holds.length === 0 ? [] : [`with ${holds.map(describeLock).join(', ')}`]),
  ].join(', ')

/** A session that the console's role may not look into: what it runs cannot be seen, and it cannot be told apart from a later one with its pid. */
export const isHiddenSession = ({ pid, backendStart }: Pick<BlockingSession, 'pid' | 'backendStart'>): boolean => pid !== 0 && backendStart === null

/** Why a session cannot be stopped from here; null when it can. */
export const whyNotStop = (session: Pick<BlockingSession, 'pid' | 'backendStart' | 'isOurs' | 'state' | 'lacks'>, stop: BlockerStop): string | null => {
  if (session.pid === 0) return 'A prepared transaction has no session: COMMIT PREPARED or ROLLBACK PREPARED ends it.'
  if (session.isOurs) return 'Tenantry’s own: pause or cancel its run instead.'
  if (session.backendStart === null) return 'The console’s role may not see it: grant pg_monitor and pg_signal_backend to that role.'
  if (session.lacks === 'superuser') return 'It is a superuser’s, or PostgreSQL’s own: only a superuser may stop it.'
  if (session.lacks === 'pg_signal_backend') return 'The console’s role may not stop it: a superuser can grant pg_signal_backend to that role.'
  if (stop === 'cancel' && session.state !== 'active') return 'It runs no query now: only terminating it ends its transaction.'
  return null
}
