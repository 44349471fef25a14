'use client'

import { useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { CopyButton } from '@/components/ui/copy-button'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { Panel } from '@/components/ui/page-header'
import { Skeleton } from '@/components/ui/skeleton'
import { SqlView } from '@/components/ui/sql-view'
import { describeReadError } from '@/lib/client/fetch-json'
import { driftQueries } from '@/lib/client/queries/drift'

/** The other way round: what these tenants have and the others lack, as a file for the set. */
export function MigrationTab({ set, shape }: { readonly set: string; readonly shape: string }) {
  const migration = useQuery(driftQueries.migration(set, shape))
  const { data } = migration
  if (!data) {
    if (migration.isError) return <ErrorState {...describeReadError(migration.error)} retry={() => void migration.refetch()} />
    return (
      <div role="status" aria-label="Loading">
        <Skeleton className="h-64 w-full" />
      </div>
    )
  }
  return (
    <Panel
      title={<span className="mono">{data.file}</span>}
      actions={
        <>
          <CopyButton text={data.sql} label="Copy the migration" />
          <Button asChild size="sm">
            <a download={data.file} href={`data:application/sql;charset=utf-8,${encodeURIComponent(data.sql)}`}>
              <Download aria-hidden />
              Download
            </a>
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 p-4">
        <p className="text-muted">
          Leads tenants of <span className="mono">{set}</span> from the norm to what these have. Read it, put it into the set’s directory, and sync the set.
          These have it already, so the file must bear that: write IF NOT EXISTS where it would fail there.
        </p>
        <SqlView sql={data.sql} label={data.file} />
      </div>
    </Panel>
  )
}
