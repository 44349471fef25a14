/** Pages that read the control plane alone, with 10,000 tenants in it. Rows are made set-based; no tenant's schema is there. */
import { systemActor } from '../../../lib/tenancy/contract/permissions.ts'
import { listTenantsInput, tenantSorts, type ListTenantsInput } from '../../../lib/tenancy/contract/commands.ts'
import { fleetDir } from '../fleet-set.ts'
import { figuresOf, median, timed } from '../measure.ts'
import type { Options } from '../options.ts'
import type { Result } from '../output.ts'
import { openProduct, setName, type Product } from '../product.ts'
import type { BenchServer } from '../server.ts'

const size = 10_000
const calls = 9

/** Most at head, some behind, some whose last run failed, two servers' worth of labels. */
const rows = (set: number, database: number, server: number): string => `
  insert into tenantry.tenant (slug, name, hosts, labels, state)
    select 'tenant-' || lpad(i::text, 5, '0'), 'Tenant ' || md5(i::text), array['t' || i || '.example.com'],
      jsonb_build_object('region', (array['eu', 'us', 'asia'])[1 + i % 3], 'plan', (array['free', 'team', 'business'])[1 + i % 7 % 3]),
      case when i % 200 = 0 then 'suspended' else 'active' end
    from generate_series(1, ${size}) i;
  insert into tenantry.target (set_id, database_id, schema_name, isolation)
    select ${set}, ${database}, replace(slug, '-', '_'), 'schema' from tenantry.tenant;
  insert into tenantry.placement (tenant_id, set_id, target_id, isolation, role_name)
    select n.id, ${set}, t.id, t.isolation, t.schema_name from tenantry.tenant n join tenantry.target t on t.schema_name = replace(n.slug, '-', '_');
  insert into tenantry.observation (target_id, observed_at, version, applied, digest, version_state, pending, bytes, bytes_at)
    select t.id, now() - make_interval(secs => t.id % 900), m.version, m.position, m.prefix_digest,
      case when m.position = 21 then 'at_head' else 'behind' end, 21 - m.position, 1000000 + (t.id * 7919) % 90000000, now()
    from tenantry.target t join tenantry.migration m on m.set_id = t.set_id and m.position = case when t.id % 5 = 0 then 18 + t.id % 3 else 21 end;
  insert into tenantry.run (kind, state, set_id, to_version, migrations, digest, started_by, started_at, finished_at)
    select 'migrate', 'failed', ${set}, '0021', '[]', 'bench', 'bench', now() - interval '1 hour', now() from generate_series(1, 3);
  insert into tenantry.run_item (run_id, position, target_id, tenant_id, server_id, state, attempts, to_version, started_at, finished_at, duration_ms, error, cause)
    select r.id, row_number() over (partition by r.id order by p.target_id), p.target_id, p.tenant_id, ${server},
      case when p.target_id % 250 = r.id then 'failed' else 'succeeded' end, 1, '0021', now(), now(), p.target_id % 40, null, null
    from tenantry.run r cross join tenantry.placement p;
  analyze`

export const fillRegistry = async ({ tenancy, sql }: Pick<Product, 'tenancy' | 'sql'>, url: string, budget: number): Promise<void> => {
  await tenancy.databases.add(systemActor, { name: 'fleet', url, budget })

  await tenancy.sets.sync(systemActor, { name: setName, dir: fleetDir, database: 'fleet' })
  const [ids] = await sql<Array<{ set: number; database: number; server: number }>>`
    select (select max(id) from tenantry.migration_set)::int as set, d.id::int as database, d.server_id::int as server from tenantry.database d`
  if (!ids) throw new Error('no database')
  await sql.unsafe(rows(ids.set, ids.database, ids.server)).simple()
}

const filters: ReadonlyArray<readonly [string, Partial<ListTenantsInput>]> = [
  ['no filter', {}],
  ['search', { q: 'a1b' }],
  ['behind', { versionState: ['behind'] }],
  ['version', { version: ['0019'] }],
  ['state', { state: ['suspended'] }],
  ['label', { label: ['region=eu'] }],
  ['failed', { failed: true }],
  ['half done', { halfDone: true }],
]

const callsOf = async (work: () => Promise<unknown>): Promise<number[]> => {
  await work()
  const times: number[] = []
  for (let call = 0; call < calls; call += 1) times.push(await timed(work))
  return times
}

type Slowest = { readonly name: string; readonly times: readonly number[] }
const slower = (a: Slowest | null, b: Slowest): Slowest => (a === null || median(b.times) > median(a.times) ? b : a)

const listed = async ({ tenancy }: Product): Promise<Result[]> => {
  let slowest: Slowest | null = null
  const medians: number[] = []
  for (const sort of tenantSorts) {
    for (const [filter, input] of filters) {
      for (const descending of [false, true]) {
        const times = await callsOf(() => tenancy.tenants.list(listTenantsInput.parse({ ...input, sort, descending })))
        medians.push(median(times))
        slowest = slower(slowest, { name: `${sort}${descending ? ' descending' : ''}, ${filter}`, times })
      }
    }
  }
  const note = `${tenantSorts.length} sorts × ${filters.length} filters, both ways`
  return [
    { bench: 'first page of tenants, median of all', size, floor: null, product: figuresOf(medians), unit: 'ms', bar: 50, note },
    { bench: 'first page of tenants, the slowest', size, floor: null, product: figuresOf(slowest?.times ?? []), unit: 'ms', bar: 50, note: slowest?.name },
  ]
}

const plain = async (bench: string, work: () => Promise<unknown>): Promise<Result> => ({
  bench,
  size,
  floor: null,
  product: figuresOf(await callsOf(work)),
  unit: 'ms',
  bar: null,
})

export const registry = async (server: BenchServer, options: Options): Promise<Result[]> => {
  const product = await openProduct(server, { ...options, database: 'control_registry' })
  const url = await server.create('bench_empty')
  try {
    await fillRegistry(product, url, options.connections)
    const { tenancy } = product
    return [
      ...(options.only.includes('list') ? await listed(product) : []),
      ...(options.only.includes('fleet')
        ? [
            await plain('counts beside the filters', () => tenancy.tenants.facets({})),
            await plain('fleet overview', () => tenancy.fleet.overview()),
            await plain('fleet map', () => tenancy.fleet.map()),
          ]
        : []),
    ]
  } finally {
    await product.close()
    await server.drop('bench_empty')
  }
}
