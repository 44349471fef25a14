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
/** A wish is repeated at each asking; whoever dies with one is soon waited for no more. */
const wishSeconds = 1

/** Row of those who go first: while it stands, nobody else takes the turn. */
const wishOf = (key: string): string => `${key} first`

const wish = async ({ control: { db } }: Library, key: string, holder: string): Promise<void> => {
  await sql`
    insert into server_turn (key, holder, until) values (${wishOf(key)}, ${holder}, now() + make_interval(secs => ${wishSeconds}))
    on conflict (key) do update set holder = excluded.holder, until = excluded.until`.execute(db)
}

/** Another one's wish stays. */
const dropWish = async ({ control: { db } }: Library, key: string, holder: string): Promise<void> => {
  await sql`delete from server_turn where key = ${wishOf(key)} and holder = ${holder}`.execute(db)
}

const isWished = (key: string) => sql<boolean>`exists (select from server_turn w where w.key = ${wishOf(key)} and w.until > now())`

/** Whether somebody who goes first waits for the turn. @throws the control database's errors */
export const isTurnWished = async ({ control: { db } }: Library, key: string): Promise<boolean> => {
  const { rows } = await sql<{ wished: boolean }>`select ${isWished(key)} as wished`.execute(db)
  return rows[0]?.wished === true
}

const take = async ({ control: { db } }: Library, key: string, holder: string, isFirst: boolean): Promise<boolean> => {
  const { rows } = await sql`
    insert into server_turn as t (key, holder, until) select ${key}, ${holder}, now() + make_interval(secs => ${leaseSeconds}) where ${isFirst} or not ${isWished(key)}
    on conflict (key) do update set holder = excluded.holder, until = excluded.until where t.until < now()
    returning 1`.execute(db)
  return rows.length > 0
}

const giveBack = async ({ control: { db } }: Library, key: string, holder: string): Promise<void> => {
  await sql`delete from server_turn where key = ${key} and holder = ${holder}`.execute(db).catch(() => {})
}

/** @returns whether it came before the deadline */
const waitFor = async (
  library: Library,
  key: string,
  holder: string,
  deadline: number,
  isFirst: boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> => {
  for (;;) {
    if (isFirst) await wish(library, key, holder)
    const isTaken = await take(library, key, holder, isFirst)
    const isLate = performance.now() > deadline || signal?.aborted === true
    // Who asked for it has promised to be elsewhere by now: the answer may have taken as long as it liked.
    if (isTaken && isLate) await giveBack(library, key, holder)
    if (isTaken || isLate) return !isLate
    await sleep(askMs)
  }
}

/** An update, so that one that is overtaken by the end of the look brings nothing back. */
const renew = async ({ control: { db } }: Library, key: string, holder: string): Promise<void> => {
  await sql`update server_turn set until = now() + make_interval(secs => ${leaseSeconds}) where key = ${key} and holder = ${holder}`.execute(db)
}

/**
 * @param deadline of the wait, by `performance.now()`
 * @param isFirst goes before all that wait, and those who look make way for it
 * @param signal gives the wait up
 * @returns the way to give the turn up; null when the deadline passed before it came
 * @throws the control database's errors
 */
export const takeTurn = async (
  library: Library,
  key: string,
  deadline: number,
  isFirst = false,
  signal?: AbortSignal,
): Promise<(() => Promise<void>) | null> => {
  const holder = randomUUID()
  const isTaken = await waitFor(library, key, holder, deadline, isFirst, signal)
  if (isFirst) await dropWish(library, key, holder)
  if (!isTaken) return null
  // A renewal that fails is tried again before the lease is over; a look is bounded itself.
  const renewing = setInterval(() => {
    renew(library, key, holder).catch((error: unknown) => library.logger.warn({ code: codeOf(error), server: key }, 'server_turn.not_renewed'))
  }, renewMs)
  return async () => {
    clearInterval(renewing)
    await giveBack(library, key, holder)
  }
}
