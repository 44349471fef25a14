import { defaultLimits, type FlightLimits } from '../../migrations/apply.ts'

/** Every wait of a conductor. */
export type ConductLimits = FlightLimits & {
  /** Tries of one item that a conductor makes by itself before it fails. */
  readonly maxTries: number
  readonly backoffBaseMs: number
  readonly backoffMaxMs: number
  /** How long a database may stay out of reach before its items fail. */
  readonly unreachableMs: number
  /** A standby that is further behind slows the work down. */
  readonly replicationLagSeconds: number
  /** Bytes that a backend may have grown to: its caches grow with each target and are never given back. */
  readonly backendBytes: number
  /** Targets that it may touch where the server does not tell its size. */
  readonly recycleAfter: number
  /** Targets of one database that a run must have changed for its catalogs to be analyzed. */
  readonly analyzeAfter: number
  readonly flushMs: number
  /** So much that has settled is told at once: what is told last is waited for by whoever waits for the run. */
  readonly tellAtOnce: number
  /** Histories that a connection reads ahead for itself, in one query. */
  readonly readAhead: number
  /** Settled targets of a rollout that are compared first, while it goes on; later stages have as many as `compareAtOnce`. */
  readonly compareFirst: number
  readonly compareAtOnce: number
  /** A rollout that is over sooner is compared afterwards only. */
  readonly compareAfterMs: number
  readonly compareEveryMs: number
  /** Servers that one worker drives at once; others are left to other workers, or wait. */
  readonly serversAtOnce: number
  /** How long a conductor stays when there is nothing to do any more: the next run often follows at once. */
  readonly lingerMs: number
}

export const conductLimits: ConductLimits = {
  ...defaultLimits,
  maxTries: 6,
  backoffBaseMs: 500,
  backoffMaxMs: 15_000,
  unreachableMs: 120_000,
  replicationLagSeconds: 10,
  backendBytes: 72 * 2 ** 20,
  recycleAfter: 200,
  analyzeAfter: 200,
  flushMs: 150,
  tellAtOnce: 250,
  readAhead: 25,
  compareFirst: 20,
  compareAtOnce: 500,
  compareAfterMs: 2_000,
  compareEveryMs: 30_000,
  serversAtOnce: 16,
  lingerMs: 1_500,
}

/** Full jitter above half of the step, so that items that failed together do not come back together. */
export const backoffMs = (tries: number, limits: ConductLimits, random: () => number = Math.random): number => {
  const step = Math.min(limits.backoffMaxMs, limits.backoffBaseMs * 2 ** (tries - 1))
  return Math.round(step / 2 + (step / 2) * random())
}
