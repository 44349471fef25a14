'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import { Layers } from 'lucide-react'
import Link from 'next/link'
import { EmptyState } from '@/components/ui/empty-state'
import { ListTable } from '@/components/ui/list-table'
import { Page, PageHeader } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { setQueries } from '@/lib/client/queries/migrations'
import { plural } from '@/lib/format'
import type { SetSummary } from '@/lib/tenancy/contract'
import { CoverageBar } from './coverage-bar'
import { SyncSet, type SyncAction } from './sync-set'

type Props = {
  /** Null for those who may only look. */
  readonly sync: SyncAction | null
  readonly databases: readonly string[]
}

const headings = ['Set', 'Head', 'Migrations', 'At head', 'Findings', 'New tenants go to', 'Read'] as const

export function SetList({ sync, databases }: Props) {
  const { data: sets } = useSuspenseQuery(setQueries.list())
  return (
    <Page>
      <PageHeader title="Migrations" actions={sync ? <SyncSet sync={sync} databases={databases} /> : null}>
        {sets.length === 0 ? 'No migration set yet.' : `${plural(sets.length, 'set')} of migrations, each an ordered directory of SQL files.`}
      </PageHeader>
      {sets.length === 0 ? (
        <EmptyState icon={Layers} title="No migration set yet" command="npx tenantry sets sync app --dir ./migrations">
          A set is a directory of files named 0001_create_employees.sql, in the order in which they are applied.
        </EmptyState>
      ) : (
        <SetTable sets={sets} />
      )}
    </Page>
  )
}

function SetTable({ sets }: { readonly sets: readonly SetSummary[] }) {
  return (
    <ListTable label="Migration sets" headings={headings}>
      {sets.map((set) => (
        <tr key={set.name} className="relative h-10 border-b border-line last:border-0 hover:bg-hover">
          <td className="px-3 pl-4">
            <Link
              href={`/migrations/${set.name}`}
              className="mono font-medium before:absolute before:inset-0 focus-visible:outline-none focus-visible:before:outline-2 focus-visible:before:-outline-offset-2 focus-visible:before:outline-accent-ink"
            >
              {set.name}
            </Link>
          </td>
          <td className="mono px-3">{set.head ?? '–'}</td>
          <td className="px-3">{set.migrations}</td>
          <td className="px-3">
            <CoverageBar applied={set.atHead} targets={set.targets} label={`Targets of ${set.name} at head`} />
          </td>
          <td className="px-3 text-muted">{set.findings === 0 ? 'none' : plural(set.findings, 'finding')}</td>
          <td className="mono px-3 text-muted">{set.defaultDatabase ?? '–'}</td>
          <td className="px-3 whitespace-nowrap text-muted">
            <RelativeTime at={set.syncedAt} />
          </td>
        </tr>
      ))}
    </ListTable>
  )
}
