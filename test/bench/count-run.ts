/**
 * One more run, beside the clock, of which everything is counted: what is sent to the fleet's server, and what the control database writes, which has a server of its
 * own for that, since the write-ahead log belongs to a whole server.
 */
import type postgres from 'postgres'
import { systemActor } from '../../lib/tenancy/contract/permissions.ts'
import type { Tenancy } from '../../lib/tenancy/contract/tenancy.ts'
import { migrationsDir } from '../../lib/connection.ts'
import { createTenancy } from '../../lib/tenancy/index.ts'
import { copyRegistry } from './copy-registry.ts'
import { openCounter, type Sent } from './count.ts'
import { figuresOf } from './measure.ts'
import type { Options } from './options.ts'
import type { Result } from './output.ts'
import { databaseName, openProduct, secret, type Product } from './product.ts'
import { openServer, withSql } from './server.ts'
import type { Stage } from './stage.ts'

type Written = { readonly rows: number; readonly ofQueue: number; readonly bytes: number }
export type Counted = { readonly sent: Sent; readonly written: Written }

const database = 'control'
const waitMs = 50

/** Backends count what they wrote until they end. */
const untilAlone = async (sql: postgres.Sql): Promise<void> => {
  for (;;) {
    const others = await sql`select 1 from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`
    if (others.length === 0) return
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

/** Since the server began. */
const writtenSoFar = (url: string): Promise<Written> =>
  withSql(url, async (sql) => {
    await untilAlone(sql)
    const [row] = await sql<Written[]>`
      select sum(n_tup_ins + n_tup_upd + n_tup_del)::float as rows, sum(n_tup_ins + n_tup_upd + n_tup_del) filter (where schemaname = 'pgboss')::float as "ofQueue",
        pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float as bytes
      from pg_stat_user_tables`
    if (!row) throw new Error('a sum has one row')
    return row
  })

type Scene = { readonly options: Options; readonly fleetUrl: string }

/**
 * @param fill makes the registry; the fleet is to be reached at the given address
 * @param start the run that is counted, from its call until it was read back and the worker has ended
 */
const countRun = async (
  { options, fleetUrl }: Scene,
  fill: (tenancy: Tenancy, controlUrl: string, fleetUrl: string) => Promise<unknown>,
  start: (product: Product) => Promise<{ readonly run: number }>,
): Promise<Counted> => {
  // Nothing but what the product has written: how often a page goes to the log as a whole is a matter of checkpoints.
  const server = await openServer({ label: 'bench-control', settings: { autovacuum: 'off', full_page_writes: 'off' } })
  const counter = await openCounter(fleetUrl)
  try {
    const controlUrl = await server.create(database)
    const tenancy = createTenancy({ controlUrl, secret, migrationsDir })
    await tenancy.control.migrate()
    await fill(tenancy, controlUrl, counter.url)
    await tenancy.close()
    const again = { ...options, database, prepare: async () => undefined }
    // The first worker of a control plane makes the queue.
    await (await openProduct(server, again)).close()
    await withSql(controlUrl, (sql) => sql`analyze`)
    await server.settle()
    const before = await writtenSoFar(controlUrl)
    const product = await openProduct(server, again)
    await product.drive(() => start(product))
    await product.close()
    const after = await writtenSoFar(controlUrl)
    const written = { rows: after.rows - before.rows, ofQueue: after.ofQueue - before.ofQueue, bytes: after.bytes - before.bytes }
    return { sent: await counter.close(), written }
  } finally {
    await counter.close()
    await server.close()
  }
}

/** Over the fleet of a stage as its registry stands. */
export const countOnStage = (stage: Stage, start: (product: Product) => Promise<{ readonly run: number }>): Promise<Counted> =>
  countRun(
    stage,
    async (tenancy, controlUrl, url) => {
      await copyRegistry(stage.product.sql, controlUrl)
      await tenancy.databases.changeUrl(systemActor, { name: databaseName, url })
    },
    start,
  )

/** Over an empty database. */
export const countOnEmpty = (
  scene: Scene,
  fill: (tenancy: Tenancy, url: string) => Promise<unknown>,
  start: (product: Product) => Promise<{ readonly run: number }>,
) => countRun(scene, (tenancy, _, url) => fill(tenancy, url), start)

export const countedResults = (bench: string, size: number, { sent, written }: Counted): Result[] => {
  const line = (what: string, value: number, note: string): Result => ({
    bench: `${bench}: ${what}`,
    size,
    floor: null,
    product: figuresOf([value]),
    unit: 'count',
    bar: null,
    note,
  })
  return [
    line('queries a target', sent.queries / size, `over ${sent.connections} connections in all, verification included`),
    line('rows written to the control database an item', written.rows / size, `${written.rows} in all, ${written.ofQueue} of them the queue’s`),
    line('bytes of WAL of the control database an item', written.bytes / size, `${written.bytes} in all, whole pages not counted`),
  ]
}
