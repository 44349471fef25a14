import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Tenancy } from '../contract/tenancy.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'

const windowSeconds = 15 * 60
/** Few for one e-mail address, from wherever they come; more for one client, behind which an office may sit. */
const attemptsPerEmail = 10
const attemptsPerClient = 50

const keyOf = (kind: 'email' | 'client', value: string): string =>
  `${kind}:${createHash('sha256').update(value).digest('hex')}`

type Count = { readonly attempts: number; readonly seconds_left: number }

/** One statement counts and reads, so that attempts at the same time in many processes are all counted. */
const count = async (db: ControlDb, key: string): Promise<Count> => {
  const { rows } = await sql<Count>`
    insert into sign_in_limit as l (key, attempts) values (${key}, 1)
    on conflict (key) do update set
      attempts = case when l.window_started_at < now() - make_interval(secs => ${windowSeconds}) then 1 else l.attempts + 1 end,
      window_started_at = case when l.window_started_at < now() - make_interval(secs => ${windowSeconds}) then now() else l.window_started_at end
    returning attempts, ceil(extract(epoch from window_started_at + make_interval(secs => ${windowSeconds}) - now()))::int as seconds_left`.execute(
    db,
  )
  const [row] = rows
  if (!row) throw new Error('sign_in_limit returned no row')
  return row
}

const forgetOld = (db: ControlDb) =>
  sql`delete from sign_in_limit where window_started_at < now() - make_interval(secs => ${windowSeconds})`.execute(db)

export const signInLimit = ({
  control: { db },
}: Library): Pick<Tenancy['people'], 'countAttempt' | 'forgetAttempts'> => ({
  countAttempt: async ({ email, client }) => {
    const counts = [{ max: attemptsPerEmail, ...(await count(db, keyOf('email', email))) }]
    if (client) counts.push({ max: attemptsPerClient, ...(await count(db, keyOf('client', client))) })
    const seconds = Math.max(
      0,
      ...counts.filter(({ attempts, max }) => attempts > max).map(({ seconds_left }) => seconds_left),
    )
    if (seconds > 0) throw new TenancyError('auth.rate_limited', { seconds })
  },
  forgetAttempts: async (email) => {
    await db.deleteFrom('sign_in_limit').where('key', '=', keyOf('email', email)).execute()
    await forgetOld(db)
  },
})
