/** Who is in the way of an item, and who was when it gave up, as documents. */
import { z } from 'zod'

const time = z.iso.datetime()
const count = z.number().int().min(0)

const lock = z.strictObject({ kind: z.string(), mode: z.string(), relation: z.string().nullable() })

/** Who held locks in a tenant's schema when an attempt gave up. */
export const holder = z.strictObject({
  /** 0: a prepared transaction. */
  pid: count,
  /** Null when the console's role may not see the session. */
  backendStart: z.string().nullable(),
  application: z.string(),
  user: z.string().nullable(),
  client: z.string().nullable(),
  backend: z.string().nullable(),
  state: z.string().nullable(),
  transactionMs: z.number().nullable(),
  holds: z.array(lock),
  isOurs: z.boolean(),
})
export type HolderDocument = z.output<typeof holder>

const blocker = z.strictObject({
  ...holder.shape,
  /** 0 blocks the item itself, 1 one of those, … */
  depth: count,
  waitsFor: z.array(count),
  waitEvent: z.string().nullable(),
  queryMs: z.number().nullable(),
  query: z.string().nullable(),
  /** What the console's role lacks to stop it. */
  lacks: z.enum(['superuser', 'pg_signal_backend']).nullable(),
})

/** `tenantry runs blockers`; `problem` says why the server could not be asked. */
export const blockersDocument = z.strictObject({
  blockers: z.strictObject({
    readAt: time,
    standing: z.enum(['waits', 'aside', 'free']),
    own: z
      .strictObject({
        pid: count,
        waitsFor: lock.nullable(),
        queryMs: z.number().nullable(),
        building: z.strictObject({ phase: z.string(), done: count, total: count }).nullable(),
      })
      .nullable(),
    sessions: z.array(blocker),
    total: count,
    problem: z.string().nullable(),
    /** Of an item that has failed: by what, and who was last seen in its way. */
    failed: z.strictObject({ at: time.nullable(), code: z.string(), message: z.string(), isLock: z.boolean(), heldBy: z.array(holder) }).nullable(),
  }),
})

/** `tenantry runs blockers --cancel` and `--terminate` */
export const stoppedDocument = z.strictObject({
  stopped: z.strictObject({ run: z.number().int(), tenant: z.string(), pid: count, how: z.enum(['cancel', 'terminate']), application: z.string() }),
})
