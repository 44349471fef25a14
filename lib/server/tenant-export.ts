import 'server-only'
import { stringify } from 'csv-stringify/sync'
import type { ListTenantsInput, Tenancy, TenantRow } from '@/lib/tenancy/contract'

const rowsAPage = 500

const columns = [
  'slug',
  'name',
  'state',
  'hosts',
  'labels',
  'set',
  'database',
  'schema',
  'isolation',
  'version',
  'head',
  'pending',
  'versionState',
  'bytes',
  'lastRun',
  'lastRunState',
  'observedAt',
  'remark',
] as const

type Cells = Readonly<Record<(typeof columns)[number], string | number | null>>

const cellsOf = ({
  hosts,
  labels,
  lastRun,
  slug,
  name,
  state,
  set,
  database,
  schema,
  isolation,
  version,
  head,
  pending,
  versionState,
  bytes,
  observedAt,
  remark,
}: TenantRow): Cells => ({
  slug,
  name,
  state,
  set,
  database,
  schema,
  isolation,
  version,
  head,
  pending,
  versionState,
  bytes,
  observedAt,
  remark,
  hosts: hosts.join(' '),
  labels: Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' '),
  lastRun: lastRun?.id ?? null,
  lastRunState: lastRun?.state ?? null,
})

async function* texts(tenancy: Tenancy, choice: Omit<ListTenantsInput, 'offset' | 'limit'>): AsyncGenerator<string> {
  for (let offset = 0; ;) {
    const { rows, total } = await tenancy.tenants.list({ ...choice, offset, limit: rowsAPage })
    // A cell that begins like a formula would be run by a spreadsheet; escape_formulas takes its teeth.
    yield stringify(rows.map(cellsOf), { columns: [...columns], header: offset === 0, escape_formulas: true })
    offset += rows.length
    if (rows.length === 0 || offset >= total) return
  }
}

/** The tenants that a choice finds as a CSV download, a page at a time as the reader takes them. */
export const tenantExport = (tenancy: Tenancy, choice: Omit<ListTenantsInput, 'offset' | 'limit'>): Response => {
  const encoder = new TextEncoder()
  const parts = texts(tenancy, choice)
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await parts.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    cancel: async () => {
      await parts.return(undefined)
    },
  })
  const name = `tenantry-tenants-${new Date().toISOString().slice(0, 10)}.csv`
  return new Response(body, { headers: { 'Content-Type': 'text/csv; charset=utf-8', 'Content-Disposition': `attachment; filename="${name}"` } })
}
