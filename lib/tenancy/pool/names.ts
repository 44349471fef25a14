/** What schemas of the warm pool, and their roles, are called: a plain name that stands in no other one, so that it can be looked for in texts. */
import { randomBytes } from 'node:crypto'
import { reservedSchemaPrefix } from '../contract/slug.ts'
import { quoteLiteral } from '../sql/ident.ts'

/** By the installation, so that consoles that share a server never take each other's for their own. */
export const poolPrefix = (installation: string): string => `${reservedSchemaPrefix}${installation}_`

export const newPoolName = (installation: string): string => `${poolPrefix(installation)}${randomBytes(8).toString('hex')}`

/** The part of such a name that is no other schema's. */
export const markOf = (name: string): string => name.slice(-16)

/** Held by whoever claims a ready schema or drops it: PostgreSQL would drop what another session has just renamed. */
export const poolLock = (schema: string): string => `pg_advisory_xact_lock(hashtextextended(${quoteLiteral(schema)}, 0))`
