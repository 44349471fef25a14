/**
 * Whose turn it is to look at a server, over all processes: a row of the control database, held by a lease that is renewed while the look goes on. A process
 * that dies gives its turn up with its lease.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Library } from '../context.ts'
import { codeOf } from '../sql/sqlstate.ts'

const leaseSeconds = 6
const renewMs = 2_000
const askMs = 50

const take = async ({ control: { db } }: Library, key: string, holder: string): Promise<boolean> => {
  const { rows } = await sql`
    insert into server_turn as t (key, holder, until) values (${key}, ${holder}, now() + make_interval(secs => ${leaseSeconds}))
    on conflict (key) do update set holder = excluded.holder, until = excluded.until where t.until < now()
    returning 1`.execute(db)
  return rows.length > 0
}

/** An update, so that one that is overtaken by the end of the look brings nothing back. */
const renew = async ({ control: { db } }: Library, key: string, holder: string): Promise<void> => {
  await sql`update server_turn set until = now() + make_interval(secs => ${leaseSeconds}) where key = ${key} and holder = ${holder}`.execute(db)
}

/**
 * @param deadline of the wait, by `performance.now()`
 * @returns the way to give the turn up; null when the deadline passed before it came
 * @throws the control database's errors
 */
export const takeTurn = async (library: Library, key: string, deadline: number): Promise<(() => Promise<void>) | null> => {
  const holder = randomUUID()
  while (!(await take(library, key, holder))) {
    if (performance.now() > deadline) return null
    await sleep(askMs)
  }
  // A renewal that fails is tried again before the lease is over; a look is bounded itself.
  const renewing = setInterval(() => {
    renew(library, key, holder).catch((error: unknown) => library.logger.warn({ code: codeOf(error), server: key }, 'server_turn.not_renewed'))
  }, renewMs)
  return async () => {
    clearInterval(renewing)
    await sql`delete from server_turn where key = ${key} and holder = ${holder}`.execute(library.control.db).catch(() => {})
  }
}
