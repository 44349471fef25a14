/** The demo's own note in the control database, by which later starts, the repair and the held lock know it. */
import postgres from 'postgres'
import type { Sql } from 'postgres'
import { z } from 'zod'

const place = z.object({ slug: z.string(), dbname: z.string(), schema: z.string() })
const demoSchema = z.object({
  set: z.string(),
  newestVersion: z.string(),
  /** Tenants whose invoices break the newest migration's constraint until they are repaired. */
  broken: z.array(place),
  /** The tenant whose invoices are being read until somebody waits for them. */
  held: place,
})

export type DemoPlace = z.output<typeof place>
export type Demo = z.output<typeof demoSchema>

/** Milliseconds that a statement waits for a lock, and takes in all; none by itself. */
type Bounds = { readonly lock_timeout?: number; readonly statement_timeout?: number }

/** Opens a connection or a few; the caller ends it. Notices are nobody's business here. */
export const openSql = (url: string, max = 1, bounds: Bounds = {}): Sql =>
  postgres(url, { max, prepare: false, connect_timeout: 10, onnotice: () => undefined, connection: { application_name: 'tenantry-demo', ...bounds } })

/** Runs `work` on a connection to `url` and ends it. */
export const withSql = async <T>(url: string, work: (sql: Sql) => Promise<T>, max = 1, bounds: Bounds = {}): Promise<T> => {
  const sql = openSql(url, max, bounds)
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** The demo's databases are on the control database's own server. */
export const urlBeside = (controlUrl: string, dbname: string): string => {
  const url = new URL(controlUrl)
  url.pathname = `/${dbname}`
  return url.href
}

/** What the finished demo wrote down; null where there is none. */
export const readDemo = (controlUrl: string): Promise<Demo | null> =>
  withSql(controlUrl, async (sql) => {
    const [row] = await sql<Array<{ value: unknown }>>`select value from tenantry.setting where key = 'demo'`
    return row ? demoSchema.parse(row.value) : null
  })

export const writeDemo = (controlUrl: string, demo: Demo): Promise<void> =>
  withSql(controlUrl, async (sql) => {
    await sql`insert into tenantry.setting (key, value) values ('demo', ${sql.json(demo)}) on conflict (key) do update set value = excluded.value`
  })
