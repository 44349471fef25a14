/** A client for looks at addresses of which nobody knows yet what answers there: a server, or a pooler before one. */
import postgres from 'postgres'
import { driverOptions, type DatabaseUrl } from '../sql/database-url.ts'
import { connectionProblemAt } from './connection-problem.ts'

const connectSeconds = 5
const statementMs = 5_000
/** Left out of what is counted: gone a moment later. */
export const probeName = 'tenantry:probe'

/** One server process's one database, in words that every way to it has in common, whatever a pooler calls it. */
export const placeQuery = `(select oid::text from pg_database where datname = current_database()) || '@' || extract(epoch from pg_postmaster_start_time())::numeric(20, 6)::text`

export type LookClient = ReturnType<typeof openLook>

/**
 * No start-up parameter but the name: a pooler would refuse others before it could be recognised.
 * @param name null: none, not even the driver's
 */
export const openLook = (at: DatabaseUrl, name: string | null = probeName) =>
  postgres({
    ...driverOptions(at.url),
    max: 1,
    connect_timeout: connectSeconds,
    fetch_types: false,
    prepare: false,
    onnotice: () => {},
    // Of a parameter without a value nothing is sent.
    connection: { application_name: name ?? '' },
  })

/**
 * The server gives up by itself: one that waits for a lock or for its disk would not notice that nobody listens any more, and its connection would count on.
 * Not as a start-up parameter, and gone with the transaction that the message is: a pooler's next client knows nothing of it.
 */
const bounded = (text: string): string => `set local statement_timeout = ${statementMs}; ${text}`

/** One row, in one transaction. */
export const ask = async <Row extends object>(client: LookClient, text: string): Promise<Row> => {
  const answer = await client.unsafe<Array<Row | Row[]>>(bounded(text)).simple()
  // A list of answers, or the only one of a server that takes the message for one statement.
  const last = answer.at(-1)
  const row = Array.isArray(last) ? last[0] : last
  if (!row) throw new Error('the server answered without a row')
  return row
}

/**
 * Ends the clients when the look has ended, or its time has.
 * @throws database.* in the words of the address
 */
export const lookWithin = async <Seen>(at: DatabaseUrl, clients: readonly LookClient[], deadlineMs: number, looking: Promise<Seen>): Promise<Seen> => {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error(`no answer within ${deadlineMs} ms`), { code: 'PROBE_TIMEOUT' })), deadlineMs)
  })
  // After the deadline nobody waits for it any more.
  looking.catch(() => {})
  try {
    return await Promise.race([looking, deadline])
  } catch (error) {
    throw await connectionProblemAt(error, at)
  } finally {
    clearTimeout(timer)
    await Promise.all(clients.map((client) => client.end({ timeout: 0 }).catch(() => {})))
  }
}
