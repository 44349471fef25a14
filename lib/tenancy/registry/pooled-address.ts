/**
 * A database may have two addresses: the one of a connection pooler, by which its applications come, and the direct one. Everything that needs a session of its own
 * goes by the direct one: migrations, locks, the read-only session of every look, cancelling, the names by which a budget is counted. Through the pooler goes the
 * question whether it answers, and for which database.
 */
import type { Library } from '../context.ts'
import { seal } from '../control/seal.ts'
import type { ErrorCode } from '../contract/errors.ts'
import { isTenancyError, TenancyError } from '../errors.ts'
import { addressOf, parseDatabaseUrl, type DatabaseUrl } from '../sql/database-url.ts'
import { ask, lookWithin, openLook, placeQuery } from './look-client.ts'
import { probeInTurn } from './probe-in-turn.ts'
import type { Probe } from './probe.ts'

export type Addresses = { readonly direct: DatabaseUrl; /** Null: applications come directly too, or nobody said how. */ readonly pooled: DatabaseUrl | null }
/** `only`: of one address, whatever stands behind it. */
type Part = 'only' | 'direct' | 'pooler'

const fields: Readonly<Record<Part, string>> = { only: 'url', direct: 'directUrl', pooler: 'url' }

/** What it is called where there are two. */
const codeIn: Readonly<Record<Part, Partial<Record<ErrorCode, ErrorCode>>>> = {
  only: {},
  direct: { 'database.url': 'database.direct_url', 'database.pooler': 'database.direct_pooled' },
  pooler: { 'database.unreachable': 'database.pooler_unreachable' },
}

/** Of two addresses the one that is wrong: by its field, and in words that fit it. */
const nameAddress = (error: unknown, part: Part): unknown => {
  if (!isTenancyError(error)) return error
  const code = codeIn[part][error.code] ?? error.code
  const message = new TenancyError(code, error.details).message.replace(/\.$/, '')
  return new TenancyError(code, { ...error.details, fields: [{ field: fields[part], value: null, message }] }, error)
}

const parseAs = (text: string, part: Part): DatabaseUrl => {
  try {
    return parseDatabaseUrl(text)
  } catch (error) {
    throw nameAddress(error, part)
  }
}

const isSame = (one: DatabaseUrl, other: DatabaseUrl): boolean => one.host === other.host && one.port === other.port && one.dbname === other.dbname

/** An address that stands twice is a direct one. @throws database.url, database.direct_url */
export const addressesOf = (input: { readonly url: string; readonly directUrl?: string | undefined }): Addresses => {
  if (input.directUrl === undefined) return { direct: parseAs(input.url, 'only'), pooled: null }
  const [pooled, direct] = [parseAs(input.url, 'pooler'), parseAs(input.directUrl, 'direct')]
  return { direct, pooled: isSame(pooled, direct) ? null : pooled }
}

const deadlineMs = 8_000

/** What PgBouncer says of itself; the rest may name people and places. */
const knownWords =
  /query_wait_timeout|client_login_timeout|server_login_retry|max_client_conn|no such (database|user)|cannot connect to server|server login (failed|has been failing)|no more connections allowed|authentication failed|shutting down/i

const poolerWords = (cause: unknown): string => {
  const said = cause instanceof Error ? knownWords.exec(cause.message)?.[0] : undefined
  return said === undefined ? 'it refused the connection' : `it says “${said}”`
}

/**
 * Asks who answers there, in one transaction. What a pooler's server connection is called its next client is called too, so nothing calls it. That connection is
 * the pooler's own, and in nobody's budget.
 * @throws database.*
 */
export const askPlace = async (at: DatabaseUrl, part: 'direct' | 'pooler'): Promise<Probe['place']> => {
  const client = openLook(at, part === 'pooler' ? null : undefined)
  try {
    const { place } = await lookWithin(at, [client], deadlineMs, ask<{ place: string }>(client, `select ${placeQuery} as place`))
    return place
  } catch (error) {
    // By the code that servers have for what they do not understand a pooler tells whatever is wrong with it, or behind it.
    if (part === 'pooler' && isTenancyError(error) && error.code === 'database.pooler')
      throw new TenancyError('database.pooler_unreachable', { host: addressOf(at), problem: poolerWords(error.cause) }, error)
    throw error
  }
}

/** @throws database.pooler_other */
export const requireSamePlace = (pooled: DatabaseUrl, direct: DatabaseUrl, found: Probe['place'], place: Probe['place']): void => {
  if (found !== place) throw new TenancyError('database.pooler_other', { host: addressOf(pooled), direct: addressOf(direct) })
}

/** Looks at both. @throws database.*, with the field of the address that is wrong */
export const probeAddresses = async (library: Library, { direct, pooled }: Addresses, serverId?: number): Promise<Probe> => {
  const named = (part: Part) => (error: unknown) => {
    throw nameAddress(error, part)
  }
  const probe = await probeInTurn(library, direct, serverId).catch(named(pooled ? 'direct' : 'only'))
  if (pooled) {
    const found = await askPlace(pooled, 'pooler').catch(named('pooler'))
    requireSamePlace(pooled, direct, found, probe.place)
  }
  return probe
}

/** The columns of both, just looked at. */
export const addressColumns = (secret: string, { direct, pooled }: Addresses) => ({
  host: direct.host,
  port: direct.port,
  username: direct.user,
  url_sealed: seal(secret, direct.url),
  pooler_sealed: pooled && seal(secret, pooled.url),
  pooler_host: pooled?.host ?? null,
  pooler_port: pooled?.port ?? null,
  pooler_problem: null,
})

/** For the trail. */
export const poolerDetail = (pooled: DatabaseUrl | null): { readonly pooler?: string } => (pooled ? { pooler: addressOf(pooled) } : {})
