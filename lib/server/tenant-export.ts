import 'server-only'
import type { ListTenantsInput, Tenancy, TenantRow } from '@/lib/tenancy/contract'
import { csvTexts, download } from './download'

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
  'drift',
  'shape',
  'bytes',
  'lastRun',
  'lastRunState',
  'observedAt',
  'remark',
] as const

const cellsOf = (row: TenantRow) => ({
  ...row,
  hosts: row.hosts.join(' '),
  labels: Object.entries(row.labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' '),
  drift: row.drift?.state ?? null,
  shape: row.drift?.shape ?? null,
  lastRun: row.lastRun?.id ?? null,
  lastRunState: row.lastRun?.state ?? null,
})

type Choice = Omit<ListTenantsInput, 'offset' | 'limit'>

async function* pages(tenancy: Tenancy, choice: Choice): AsyncGenerator<readonly TenantRow[]> {
  for (let offset = 0; ;) {
    const { rows, total } = await tenancy.tenants.list({ ...choice, offset, limit: rowsAPage })
    yield rows
    offset += rows.length
    if (rows.length === 0 || offset >= total) return
  }
}

/** The tenants that a choice finds, a page at a time. */
export const tenantExport = (tenancy: Tenancy, choice: Choice): Response => download('tenants', 'csv', csvTexts(pages(tenancy, choice), columns, cellsOf))
