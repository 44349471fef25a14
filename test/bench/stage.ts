/** A fleet at the version before the rollout, built by the product itself, with its console beside it. */
import { systemActor } from '../../lib/tenancy/contract/permissions.ts'
import { builtVersion, rolloutVersion, schemaOf, slugsOf } from './fleet-set.ts'
import type { KeptFleet } from './kept.ts'
import type { Options } from './options.ts'
import { databaseName, databaseNames, openProduct, setName, untilAllEnded, type Product } from './product.ts'
import { withSql, type BenchServer } from './server.ts'

export const fleetDatabase = 'bench_fleet'

export type Stage = {
  readonly server: BenchServer
  readonly options: Options
  readonly size: number
  readonly product: Product
  readonly fleetUrl: string
  readonly schemas: readonly string[]
  /** Every target back to the version before the rollout, the catalogs tidied, the disk at rest. */
  reset(): Promise<void>
  /** The registry sees again what is there. */
  observe(): Promise<void>
  /** Its structures with it. */
  observeAll(): Promise<void>
  close(): Promise<void>
}

export const startRollout = ({ tenancy }: Product) => tenancy.runs.start(systemActor, { set: setName, selection: { kind: 'all' }, note: '' })

/** @param databases over which the tenants are spread */
export const startOnboarding = ({ tenancy }: Product, slugs: readonly string[], databases = 1) =>
  tenancy.onboarding.start(systemActor, {
    set: setName,
    tenants: slugs.map((slug, index) => ({ slug, hosts: [], labels: {}, database: databaseNames[index % databases] ?? databaseName })),
    isolation: 'schema',
    to: builtVersion,
    note: '',
  })

/** In batches, so that one transaction does not hold a lock of every table of the fleet. */
const undoRollout = (schemas: readonly string[]): string => `do $$ declare s text; begin
  foreach s in array array[${schemas.map((schema) => `'${schema}'`).join(', ')}] loop
    if exists (select from pg_attribute where attrelid = format('%I.orders', s)::regclass and attname = 'channel' and not attisdropped) then
      execute format('alter table %I.orders drop column channel', s);
      execute format('delete from %I.tenantry_history where version = %L', s, '${rolloutVersion}');
    end if;
  end loop; end $$`

const batch = 200
const catalogs = ['pg_class', 'pg_attribute', 'pg_attrdef', 'pg_index', 'pg_depend', 'pg_type', 'pg_constraint', 'pg_statistic', 'pg_shdepend', 'pg_namespace']

/** After mass changes the catalogs hold dead rows, whose removal would else fall into somebody's measurement. */
export const tidy = (url: string): Promise<void> =>
  withSql(url, async (sql) => {
    for (const catalog of catalogs) await sql.unsafe(`vacuum (analyze) pg_catalog.${catalog}`).simple()
  })

export const undoRollouts = async (url: string, schemas: readonly string[]): Promise<void> => {
  await withSql(url, async (sql) => {
    for (let index = 0; index < schemas.length; index += batch) await sql.unsafe(undoRollout(schemas.slice(index, index + batch))).simple()
  })
  await tidy(url)
}

/** A fleet that was kept: its server may listen at another port now, and whoever used it last may have been stopped in the middle of a run. */
const reopen = async (server: BenchServer, options: Options): Promise<Product> => {
  const url = server.urlOf(fleetDatabase)
  const product = await openProduct(server, {
    ...options,
    async prepare({ databases }) {
      await databases.changeUrl(systemActor, { name: databaseName, url })
      await databases.setBudget(systemActor, { name: databaseName, budget: options.connections })
    },
  })
  await untilAllEnded(product.sql)
  return product
}

const build = async (server: BenchServer, options: Options, slugs: readonly string[], kept: KeptFleet | null): Promise<Product> => {
  // A kept control database is made like one that was found, so that nobody drops it.
  if (kept) await server.create('control')
  const product = await openProduct(server, kept ? { ...options, prepare: async () => undefined } : options)
  const fleetUrl = await server.create(fleetDatabase)
  await product.addFleet(fleetUrl)
  await product.drive(() => startOnboarding(product, slugs))
  await tidy(fleetUrl)
  kept?.keep()
  return product
}

/** @param kept where the server's data are to stay, or stand already */
export const openStage = async (server: BenchServer, options: Options, size: number, kept: KeptFleet | null = null): Promise<Stage> => {
  const slugs = slugsOf(size)
  const schemas = slugs.map(schemaOf)
  const product = kept?.isBuilt ? await reopen(server, options) : await build(server, options, slugs, kept)
  const fleetUrl = server.urlOf(fleetDatabase)
  const stage: Stage = {
    server,
    options,
    size,
    product,
    fleetUrl,
    schemas,
    async reset() {
      await undoRollouts(fleetUrl, schemas)
      await server.settle()
    },
    async observe() {
      await product.tenancy.observation.now({})
    },
    async observeAll() {
      const { unread, unreachable } = await product.tenancy.observation.now({ structure: true })
      if (unread.length + unreachable.length > 0) throw new Error(`not all was read: ${JSON.stringify({ unread, unreachable })}`)
    },
    async close() {
      await product.close()
      if (!kept) await server.drop(fleetDatabase)
    },
  }
  if (kept?.isBuilt) {
    await stage.reset()
    await stage.observe()
  }
  return stage
}
