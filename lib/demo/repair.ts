/** Puts the swapped dates of the demo's invoices right. */
import { readDemo, urlBeside, withSql } from './setting.ts'
import type { DemoPlace } from './setting.ts'

/** The one line that repairs a tenant; with its schema in the search_path, or its name before the table's. */
const repairStatement = 'UPDATE invoices SET issued_on = due_on, due_on = issued_on WHERE due_on < issued_on'

const byDatabase = (places: readonly DemoPlace[]) => [...Map.groupBy(places, ({ dbname }) => dbname)]

/** Slugs of the demo's tenants that hold swapped invoices now; empty where there is no demo, and for other sets than its own. */
export const findBrokenTenants = async (controlUrl: string, set: string): Promise<readonly string[]> => {
  const demo = await readDemo(controlUrl)
  const found = byDatabase(demo?.set === set ? demo.broken : []).map(([dbname, places]) =>
    withSql(urlBeside(controlUrl, dbname), async (sql) => {
      const slugs: string[] = []
      for (const { slug, schema } of places) {
        const rows = await sql`select 1 from ${sql(schema)}.invoices where due_on < issued_on limit 1`
        if (rows.length > 0) slugs.push(slug)
      }
      return slugs
    }),
  )
  return (await Promise.all(found)).flat().toSorted()
}

export type DemoRepair = {
  /** Slugs of those that needed it. */
  readonly tenants: readonly string[]
  /** Rows put right. */
  readonly invoices: number
}

/** Repairs every tenant of the demo that needs it. */
export const repairDemoData = async (controlUrl: string): Promise<DemoRepair> => {
  const demo = await readDemo(controlUrl)
  const repaired: Array<{ slug: string; invoices: number }> = []
  for (const [dbname, places] of byDatabase(demo?.broken ?? []))
    await withSql(urlBeside(controlUrl, dbname), async (sql) => {
      for (const { slug, schema } of places) {
        const invoices = await sql.begin(async (tx) => {
          await tx`select set_config('search_path', ${schema}, true)`
          return (await tx.unsafe(repairStatement)).count
        })
        if (invoices > 0) repaired.push({ slug, invoices })
      }
    })
  return { tenants: repaired.map(({ slug }) => slug).toSorted(), invoices: repaired.reduce((sum, { invoices }) => sum + invoices, 0) }
}
