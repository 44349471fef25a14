'use client'

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { FileQuestion, Plus } from 'lucide-react'
import Link from 'next/link'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { Page, PageHeader } from '@/components/ui/page-header'
import { describeReadError } from '@/lib/client/fetch-json'
import { reportQueries } from '@/lib/client/queries/reports'
import { may, type Role } from '@/lib/tenancy/contract'
import { ReportRuns } from './report-runs'
import { RetentionLine } from './retention-line'
import { SavedList } from './saved-list'

const noReports: readonly never[] = []

type Props = { readonly role: Role; /** Null for those who may only look. */ readonly setRetention: React.ComponentProps<typeof RetentionLine>['set'] }

/** Saved reports, and what was asked lately. */
export function ReportsView({ role, setRetention }: Props) {
  const runs = useInfiniteQuery(reportQueries.runs(null))
  const { data: saved = noReports } = useQuery(reportQueries.list)
  const rows = runs.data?.pages.flatMap((page) => page.rows) ?? []
  const mayRun = may(role, 'reports.run')
  return (
    <Page>
      <PageHeader
        title="Reports"
        actions={
          mayRun ? (
            <Button asChild variant="primary">
              <Link href="/reports/new">
                <Plus aria-hidden />
                New report
              </Link>
            </Button>
          ) : null
        }
      >
        One SELECT, asked of every tenant; one answer with the tenant in front.
      </PageHeader>
      {runs.error && !runs.data ? <ErrorState {...describeReadError(runs.error)} retry={() => void runs.refetch()} /> : null}
      {runs.data && rows.length === 0 && saved.length === 0 ? <NoReports mayRun={mayRun} /> : null}
      {saved.length === 0 ? null : <SavedList reports={saved} />}
      {rows.length === 0 ? null : (
        <section aria-label="Runs" className="flex flex-col gap-2">
          <h2 className="text-sm font-semibold">Asked lately</h2>
          <ReportRuns rows={rows} />
        </section>
      )}
      {runs.hasNextPage ? (
        <Button className="self-center" busy={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
          Show older ones
        </Button>
      ) : null}
      {rows.length === 0 ? null : <RetentionLine set={setRetention} />}
    </Page>
  )
}

function NoReports({ mayRun }: { readonly mayRun: boolean }) {
  return (
    <EmptyState
      icon={FileQuestion}
      title="Nothing has been asked yet"
      command="npx tenantry report seats.sql"
      action={
        mayRun ? (
          <Button asChild variant="primary">
            <Link href="/reports/new">Write the first report</Link>
          </Button>
        ) : undefined
      }
    >
      Write one SELECT as if there were one tenant. Each active tenant answers from its own schema, read-only; the rows come together here.
    </EmptyState>
  )
}
