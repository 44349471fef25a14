'use client'

import { Pencil } from 'lucide-react'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { Fragment } from 'react'
import { RunControls } from '@/components/runs/run-controls'
import { reportLook } from '@/components/runs/run-status'
import type { RunActions } from '@/components/runs/run-actions'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { Dotted } from '@/components/ui/dotted'
import { ErrorState } from '@/components/ui/error-state'
import { Page, PageHeader } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import { describeReadError, RefusedError } from '@/lib/client/fetch-json'
import { toastRefusal } from '@/lib/client/toast-refusal'
import { useCommand } from '@/lib/client/use-command'
import { formatCount, formatDuration, plural } from '@/lib/format'
import { isFinalRun, may, type ReportRun, type Role } from '@/lib/tenancy/contract'
import { DownloadMenu } from './download-menu'
import { FilledPanel } from './filled-panel'
import { firstLine } from './report-text-model'
import { ReportProgress } from './report-progress'
import type { ChangeReport } from './report-actions'
import { ResultPanels } from './result-panels'
import { mayBeFilled, slugsShown, valuesWords, wholeCounts } from './report-model'
import { SilentPanel } from './silent-panel'
import { useReportLive } from './use-report-live'

type Props = { readonly run: number; readonly role: Role; readonly actions: RunActions; readonly change: ChangeReport }

const nothingLeft = { failed: 0, interrupted: 0, cancelled: 0, putRight: [] }

/** One run of a report, live until it is final: who answered, who did not and why, and the rows. */
export function ReportRunView({ run: id, role, actions, change }: Props) {
  const { live, status, refusal, report } = useReportLive(id)
  const router = useRouter()
  const { run } = live
  const mayRun = may(role, 'reports.run')
  const again = useCommand(
    actions.rerun,
    ({ run: made, items }) => {
      toast.success(`${plural(items, 'tenant')} ${items === 1 ? 'is' : 'are'} asked again; their answers come to those that are there.`)
      router.push(`/reports/runs/${made}`)
    },
    toastRefusal,
  )
  return (
    <Page>
      {refusal instanceof RefusedError ? <ErrorState compact {...describeReadError(refusal)} /> : null}
      <PageHeader
        title={
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="min-w-0 break-words">{report.report === null ? `Report ${id}` : report.report.name}</span>
            <StateBadge look={reportLook(run.state, wholeCounts(report, run.state, run.counts).succeeded)} variant="soft" />
          </span>
        }
        actions={
          <>
            {/* Those who did not answer are asked again by a report of their own. */}
            <RunControls run={{ ...run, leftover: nothingLeft }} role={role} actions={actions} />
            {mayRun ? (
              <Button asChild>
                <Link href={`/reports/new?from=${id}`}>
                  <Pencil aria-hidden />
                  Change and run
                </Link>
              </Button>
            ) : null}
            {report.isExpired ? null : <DownloadMenu run={id} rows={report.rows} />}
          </>
        }
      >
        <p className="mono max-w-[110ch] truncate text-ink" title={report.sql}>
          {firstLine(report.sql)}
        </p>
        <Facts report={report} took={run.startedAt !== null && run.finishedAt !== null ? Date.parse(run.finishedAt) - Date.parse(run.startedAt) : null} />
      </PageHeader>
      <ReportProgress live={live} status={status} report={report} />
      <SilentPanel
        run={id}
        silent={report.silent}
        busy={again.busy}
        mayFill={report.missing === 'name' && report.silent.some(({ code }) => mayBeFilled(code))}
        onRerun={may(role, 'runs.rerun') && isFinalRun(run.state) ? (missing) => void again.run({ run: id, ...(missing ? { missing } : {}) }) : null}
      />
      <FilledPanel filled={report.filled} />
      <LeftOut slugs={report.leftOut} />
      <ResultPanels report={report} mayRun={mayRun} change={change} />
    </Page>
  )
}

function Facts({ report, took }: { readonly report: ReportRun; readonly took: number | null }) {
  return (
    <Dotted className="mt-0.5">
      <>
        Set <span className="mono text-ink">{report.set}</span>
      </>
      {report.report === null ? null : (
        <Link href={`/reports/${report.report.id}`} className="text-accent-ink underline underline-offset-2">
          the report
        </Link>
      )}
      {report.sampledOf === null
        ? plural(report.tenants, 'tenant')
        : `tried on ${formatCount(report.tenants)} of ${plural(report.sampledOf, 'tenant')}, as different as there are`}
      {valuesWords(report.params)}
      {report.missing === 'null' ? 'NULL or no rows for what a tenant lacks' : null}
      <>
        started by <span className="text-ink">{report.startedBy}</span> <RelativeTime at={report.createdAt} />
      </>
      {took === null || took === 0 ? null : `took ${formatDuration(took)}`}
      <Link href={`/runs/${report.run}`} className="text-accent-ink underline underline-offset-2">
        run {report.run}
      </Link>
      {report.parentRun === null ? null : (
        <>
          with the answers of{' '}
          <Link href={`/reports/runs/${report.parentRun}`} className="text-accent-ink underline underline-offset-2">
            {report.parentRun}
          </Link>
        </>
      )}
      {report.childRuns.map((child) => (
        <Link key={child} href={`/reports/runs/${child}`} className="text-accent-ink underline underline-offset-2">
          asked again as {child}
        </Link>
      ))}
      {report.isExpired ? (
        'its rows are dropped'
      ) : (
        <>
          rows are kept until {report.expiresAt.slice(0, 10)}, <RelativeTime at={report.expiresAt} />
        </>
      )}
    </Dotted>
  )
}

/** Whoever names a tenant wants to know that it was not asked. */
function LeftOut({ slugs }: { readonly slugs: readonly string[] }) {
  if (slugs.length === 0) return null
  const shown = slugs.slice(0, slugsShown)
  return (
    <p className="text-sm text-muted">
      {plural(slugs.length, 'named tenant')} {slugs.length === 1 ? 'was' : 'were'} not asked, being not active or not of this set:{' '}
      {shown.map((slug, index) => (
        <Fragment key={slug}>
          {index === 0 ? '' : ', '}
          <Link href={`/tenants/${slug}`} prefetch={false} className="mono text-accent-ink underline underline-offset-2">
            {slug}
          </Link>
        </Fragment>
      ))}
      {slugs.length > shown.length ? ` and ${slugs.length - shown.length} more` : ''}.
    </p>
  )
}
