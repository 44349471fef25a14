import { createHash } from 'node:crypto'

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

/** Line ends differ between checkouts of one file; its meaning does not. */
export const checksumOf = (sql: string): string => sha256(sql.replaceAll('\r\n', '\n').replace(/^\uFEFF/, ''))

export type HistoryFact = { readonly version: string; readonly checksum: string }

/**
 * Digest of a history: equal for equal versions and checksums in order. `migrations/history.ts` computes the same in PostgreSQL,
 * so that 10,000 histories compare without being sent.
 */
export const digestOf = (facts: readonly HistoryFact[]): string => sha256(facts.map(({ version, checksum }) => `${version}:${checksum}`).join(','))

/** Of a history without a row. */
export const emptyDigest = digestOf([])

export const byVersion = (a: { version: string }, b: { version: string }): number => (a.version < b.version ? -1 : a.version > b.version ? 1 : 0)

/** Digest of each prefix of an ordered list: the states that a target on the track can be in. */
export const prefixDigests = (ordered: readonly HistoryFact[]): string[] => ordered.map((_, index) => digestOf(ordered.slice(0, index + 1)))
