import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Tenancy } from '../contract/tenancy.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'

const windowSeconds = 15 * 60
/** Few for one e-mail address from one client; more for one client, behind which an office may sit. */
const attemptsPerPair = 10
const attemptsPerClient = 50
/** Beyond so many for one e-mail address from everywhere, each further one waits: refusing would let anybody lock anybody out. */
const attemptsPerEmail = 100
const longestPauseMs = 10_000

const keyOf = (kind: 'pair' | 'client' | 'email', ...parts: readonly string[]): string =>
  `${kind}:${createHash('sha256').update(parts.join('\n')).digest('hex')}`

const pairOf = ({ email, client }: Attempt): string => keyOf('pair', email, client ?? '')

type Attempt = { readonly email: string; readonly client: string | null }
type Count = { readonly attempts: number; readonly seconds_left: number }

/** One statement counts and reads, so that attempts at the same time in many processes are all counted. */
const count = async (db: ControlDb, key: string): Promise<Count> => {
  const { rows } = await sql<Count>`
    insert into sign_in_limit as l (key, attempts) values (${key}, 1)
    on conflict (key) do update set
      attempts = case when l.window_started_at < now() - make_interval(secs => ${windowSeconds}) then 1 else l.attempts + 1 end,
      window_started_at = case when l.window_started_at < now() - make_interval(secs => ${windowSeconds}) then now() else l.window_started_at end
    returning attempts, ceil(extract(epoch from window_started_at + make_interval(secs => ${windowSeconds}) - now()))::int as seconds_left`.execute(db)
  const [row] = rows
  if (!row) throw new Error('sign_in_limit returned no row')
  return row
}

/** Rows that somebody else counts in right now are left for the next time. */
const forgetOld = (db: ControlDb) =>
  sql`
  delete from sign_in_limit where key in (
    select key from sign_in_limit where window_started_at < now() - make_interval(secs => ${windowSeconds}) for update skip locked
  )`.execute(db)

/** A second for each hundred, ten at most. */
const pauseFor = (attempts: number): number => (attempts > attemptsPerEmail ? Math.min(longestPauseMs, Math.floor(attempts / attemptsPerEmail) * 1_000) : 0)

export const signInLimit = ({ control: { db } }: Library): Pick<Tenancy['people'], 'countAttempt' | 'forgetAttempts'> => ({
  countAttempt: async (attempt) => {
    const { email, client } = attempt
    await forgetOld(db)
    const counts = [{ max: attemptsPerPair, ...(await count(db, pairOf(attempt))) }]
    if (client) counts.push({ max: attemptsPerClient, ...(await count(db, keyOf('client', client))) })
    const seconds = Math.max(0, ...counts.filter(({ attempts, max }) => attempts > max).map(({ seconds_left }) => seconds_left))
    if (seconds > 0) throw new TenancyError('auth.rate_limited', { seconds })
    await pause(pauseFor((await count(db, keyOf('email', email))).attempts))
  },
  forgetAttempts: async (attempt) => {
    await db
      .deleteFrom('sign_in_limit')
      .where('key', 'in', [pairOf(attempt), keyOf('email', attempt.email)])
      .execute()
    // An office signs in from one address every morning: what succeeded is no guess.
    await sql`update sign_in_limit set attempts = greatest(0, attempts - 1) where key = ${keyOf('client', attempt.client ?? '')}`.execute(db)
  },
})
