import { sql, type RawBuilder } from 'kysely'
import { z } from 'zod'
import type { Control, ControlDb } from './db.ts'

/** A server that a run is about to want, and of its databases [id, connections]. */
const announced = z.object({ id: z.number().int(), databases: z.array(z.tuple([z.number().int(), z.number().int().min(0).max(64)])) })
export type Announced = z.output<typeof announced>

/** Ids only: whoever listens reads the rows themselves, so a lost or doubled message does no harm. */
const messageSchema = z.discriminatedUnion('topic', [
  z.object({ topic: z.literal('run'), id: z.number().int() }),
  z.object({ topic: z.literal('soon'), servers: z.array(announced) }),
  z.object({ topic: z.enum(['runs', 'observations', 'tenants', 'sets', 'databases']) }),
])
export type Message = z.output<typeof messageSchema>
/** `reconnected`: messages may have been missed; read again whatever is shown. */
export type Heard = Message | { readonly topic: 'reconnected' }

export const channel = 'tenantry'
export const messageText = (message: Message): string => JSON.stringify(message)

/** To stand in what a statement selects. */
export const notification = (message: Message) => sql`pg_notify(${channel}, ${messageText(message)})`

/** The same of run `id`, which the statement itself knows. */
export const runNotification = (id: RawBuilder<unknown>) => sql`pg_notify(${channel}, json_build_object('topic', 'run', 'id', ${id})::text)`

/** Inside a transaction they are sent at commit, and equal messages of one transaction once. */
export const notify = async (trx: ControlDb, ...messages: readonly [Message, ...Message[]]): Promise<void> => {
  await sql`select ${sql.join(messages.map(notification))}`.execute(trx)
}

const parse = (payload: string): Message | null => {
  try {
    return messageSchema.safeParse(JSON.parse(payload)).data ?? null
  } catch {
    // Somebody else's words on our channel.
    return null
  }
}

export type Ears = {
  /** Hears from now on; resolves when the connection listens. Returns the way to stop. */
  subscribe(hear: (message: Heard) => void): Promise<() => void>
}

/**
 * One LISTEN connection a process, opened with the first subscriber, shared by all and renewed by the driver whenever it breaks or
 * could not be had. It is closed with the control database's pool.
 */
export const createEars = (control: Control): Ears => {
  const subscribers = new Set<(message: Heard) => void>()
  let listening: Promise<void> | null = null

  const tell = (message: Heard): void => {
    for (const hear of subscribers) hear(message)
  }

  const open = async (): Promise<void> => {
    let renewed = false
    const heard = (payload: string): void => {
      const message = parse(payload)
      if (message) tell(message)
    }
    const connected = (): void => {
      if (renewed) tell({ topic: 'reconnected' })
      renewed = true
    }
    // A refusal here is not the end: the driver goes on trying and calls back when it listens.
    await control.sql.listen(channel, heard, connected).catch(() => {
      renewed = true
    })
  }

  return {
    async subscribe(hear) {
      subscribers.add(hear)
      listening ??= open()
      await listening
      return () => {
        subscribers.delete(hear)
      }
    },
  }
}
