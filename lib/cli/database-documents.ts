/** What `tenantry databases` prints, as documents. */
import { z } from 'zod'

const time = z.iso.datetime()
const count = z.number().int().min(0)

const database = z.strictObject({
  name: z.string(),
  server: z.string(),
  host: z.string(),
  port: z.number().int(),
  /** By which applications come, where they come through a pooler; `problem`: why they cannot. */
  pooler: z.strictObject({ host: z.string(), port: z.number().int(), problem: z.string().nullable() }).nullable(),
  dbname: z.string(),
  version: z.string(),
  reachable: z.boolean(),
  problem: z.string().nullable(),
  budget: count,
  connectionsUsed: count.nullable(),
  maxConnections: count,
  bytes: count.nullable(),
  tenants: count,
  checkedAt: time.nullable(),
  /** Whether it notes changes from outside of Tenantry; null: it does not. */
  notes: z.strictObject({ since: time, lastAt: time.nullable(), problem: z.string().nullable() }).nullable(),
})
export type DatabaseDocument = z.output<typeof database>

/** `tenantry databases add` */
export const databaseDocument = z.strictObject({ database, warnings: z.array(z.string()) })
/** `tenantry databases list` */
export const databaseListDocument = z.strictObject({ databases: z.array(database) })
/** `tenantry databases notes` */
export const notesDocument = z.strictObject({ database: z.string(), on: z.boolean() })
/** `tenantry databases remove` */
export const removedDocument = z.strictObject({ removed: z.string() })
