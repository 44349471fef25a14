/** Puts the swapped dates of the demo's invoices right. */
import postgres from 'postgres'
import type { Sql } from 'postgres'
import { readDemo, urlBeside, withSql } from './setting.ts'
import type { DemoPlace } from './setting.ts'

/** The one line that repairs a tenant; with its schema in the search_path, or its name before the table's. */
const repairStatement = 'UPDATE invoices SET issued_on = due_on, due_on = issued_on WHERE due_on < issued_on'

const byDatabase = (places: readonly DemoPlace[]) => [...Map.groupBy(places, ({ dbname }) => dbname)]

const lockNotAvailable = '55P03'

/** A page waits for it. */
const lookBounds = { lock_timeout: 50, statement_timeout: 1_000 }
/** Somebody has asked for it, and waits. */
const repairBounds = { lock_timeout: 2_000, statement_timeout: 10_000 }

/** What cannot be asked at once is nobody's reason for a page to wait: it is not told. */
const isBroken = async (sql: Sql, schema: string): Promise<boolean> => {
  try {
    return (await sql`select 1 from ${sql(schema)}.invoices where due_on < issued_on limit 1`).length > 0
  } catch (error) {
    if (error instanceof postgres.PostgresError) return false
    throw error
  }
}

/** Slugs of the demo's tenants that hold swapped invoices now, apart from those whose invoices are locked; empty where there is no demo, and for other sets than its own. */
export const findBrokenTenants = async (controlUrl: string, set: string): Promise<readonly string[]> => {
  const demo = await readDemo(controlUrl)
  const found = byDatabase(demo?.set === set ? demo.broken : []).map(([dbname, places]) =>
    withSql(
      urlBeside(controlUrl, dbname),
      async (sql) => {
        const slugs: string[] = []
        for (const { slug, schema } of places) if (await isBroken(sql, schema)) slugs.push(slug)
        return slugs
      },
      1,
      lookBounds,
    ),
  )
  return (await Promise.all(found)).flat().toSorted()
}

export type DemoRepair = {
  /** Slugs of those that needed it. */
  readonly tenants: readonly string[]
  /** Rows put right. */
  readonly invoices: number
  /** Slugs of those whose invoices somebody holds: they are as they were. */
  readonly locked: readonly string[]
}

/** @returns rows put right; null where somebody holds them */
const repairOne = async (sql: Sql, schema: string): Promise<number | null> => {
  try {
    return await sql.begin(async (tx) => {
      await tx`select set_config('search_path', ${schema}, true)`
      return (await tx.unsafe(repairStatement)).count
    })
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code === lockNotAvailable) return null
    throw error
  }
}

/** Repairs every tenant of the demo that needs it and whose invoices nobody holds. */
export const repairDemoData = async (controlUrl: string): Promise<DemoRepair> => {
  const demo = await readDemo(controlUrl)
  const repaired: Array<{ slug: string; invoices: number }> = []
  const locked: string[] = []
  for (const [dbname, places] of byDatabase(demo?.broken ?? []))
    await withSql(
      urlBeside(controlUrl, dbname),
      async (sql) => {
        for (const { slug, schema } of places) {
          const invoices = await repairOne(sql, schema)
          if (invoices === null) locked.push(slug)
          else if (invoices > 0) repaired.push({ slug, invoices })
        }
      },
      1,
      repairBounds,
    )
  return {
    tenants: repaired.map(({ slug }) => slug).toSorted(),
    invoices: repaired.reduce((sum, { invoices }) => sum + invoices, 0),
    locked: locked.toSorted(),
  }
}
