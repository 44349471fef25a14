import { Download, ScrollText } from 'lucide-react'
import type { Metadata } from 'next'
import Link from 'next/link'
import { AuditFilters } from '@/components/audit/audit-filters'
import { auditHref, auditSearch, isFiltered, toAuditFilter, type AuditSearch } from '@/components/audit/audit-model'
import { AuditTable } from '@/components/audit/audit-table'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { Page, PageHeader } from '@/components/ui/page-header'
import { WrongAddress } from '@/components/ui/wrong-address'
import { requireAsker } from '@/lib/server/asker'
import { readSearch, type SearchProps } from '@/lib/server/page-props'
import { getTenancy } from '@/lib/server/tenancy'

export const metadata: Metadata = { title: 'Audit' }

const rowsOnAPage = 100

export default async function AuditPage({ searchParams }: SearchProps) {
  await requireAsker('audit.read')
  const { input, error } = readSearch(auditSearch, await searchParams)
  return error === null ? <Audit search={input} /> : <WrongAddress title="Audit" error={error} path="/audit" />
}

async function Audit({ search }: { readonly search: AuditSearch }) {
  const { rows, next } = await getTenancy().audit.list(toAuditFilter(search, rowsOnAPage))
  const exports = ['csv', 'json'] as const
  return (
    <Page>
      <PageHeader
        title="Audit"
        actions={exports.map((format) => (
          <Button key={format} asChild>
            <a href={auditHref('/api/audit/export', { ...search, before: undefined }, { format })} download>
              <Download aria-hidden />
              {format.toUpperCase()}
            </a>
          </Button>
        ))}
      >
        Who did what, newest first.
      </PageHeader>
      <AuditFilters search={search} />
      {rows.length === 0 ? (
        <EmptyState icon={ScrollText} title={isFiltered(search) ? 'No row matches the filter' : 'Nothing has happened yet'} />
      ) : (
        <AuditTable rows={rows} />
      )}
      <nav className="flex gap-2" aria-label="Pages of the audit">
        {search.before === undefined ? null : (
          <Button asChild>
            <Link href={auditHref('/audit', { ...search, before: undefined })}>Newest</Link>
          </Button>
        )}
        {next === null ? null : (
          <Button asChild>
            <Link href={auditHref('/audit', search, { before: next })}>Older</Link>
          </Button>
        )}
      </nav>
    </Page>
  )
}
