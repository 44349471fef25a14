/**
 * A database may have two addresses: the one of a connection pooler, by which its applications come, and the direct one. Everything that needs a session of its own
 * goes by the direct one: migrations, locks, the read-only session of every look, cancelling, the names by which a budget is counted. Through the pooler goes the
 * question whether it answers, and for which database.
 */
import type { Library } from '../context.ts'
import { seal } from '../control/seal.ts'
import { isTenancyError, TenancyError } from '../errors.ts'
import { addressOf, parseDatabaseUrl, type DatabaseUrl } from '../sql/database-url.ts'
import { ask, lookWithin, openLook, placeQuery } from './look-client.ts'
import { probeInTurn } from './probe-in-turn.ts'
import type { Probe } from './probe.ts'

export type Addresses = { readonly direct: DatabaseUrl; /** Null: applications come directly too, or nobody said how. */ readonly pooled: DatabaseUrl | null }

const parseDirect = (text: string): DatabaseUrl => {
  try {
    return parseDatabaseUrl(text)
  } catch (error) {
    if (isTenancyError(error) && error.code === 'database.url') throw new TenancyError('database.direct_url', error.details)
    throw error
  }
}

/** @throws database.url, database.direct_url */
export const addressesOf = (input: { readonly url: string; readonly directUrl?: string | undefined }): Addresses => {
  const first = parseDatabaseUrl(input.url)
  return input.directUrl === undefined ? { direct: first, pooled: null } : { direct: parseDirect(input.directUrl), pooled: first }
}

const deadlineMs = 8_000

const askPlace = async (at: DatabaseUrl): Promise<string> => {
  const client = openLook(at)
  const { place } = await lookWithin(at, [client], deadlineMs, ask<{ place: string }>(client, `select ${placeQuery} as place`))
  return place
}

/**
 * Asks through the pooler, in one transaction. Its server's connection is the pooler's own and in nobody's budget.
 * @throws database.pooler_other, or database.* when nothing fit answers there
 */
export const lookThroughPooler = async (pooled: DatabaseUrl, direct: DatabaseUrl, place: Probe['place']): Promise<void> => {
  if ((await askPlace(pooled)) === place) return
  throw new TenancyError('database.pooler_other', { host: addressOf(pooled), direct: addressOf(direct) })
}

/** Looks at both. @throws database.* as probeInTurn and lookThroughPooler do */
export const probeAddresses = async (library: Library, { direct, pooled }: Addresses, serverId?: number): Promise<Probe> => {
  const probe = await probeInTurn(library, direct, serverId)
  if (pooled) await lookThroughPooler(pooled, direct, probe.place)
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
