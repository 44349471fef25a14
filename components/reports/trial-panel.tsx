'use client'

import { X } from 'lucide-react'
import Link from 'next/link'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { plainRows } from '@/lib/client/queries/reports'
import { formatCount } from '@/lib/format'
import { may, type ReportMissing, type Role } from '@/lib/tenancy/contract'
import { FilledPanel } from './filled-panel'
import { answeredSentence, changedSince } from './report-model'
import { RowsPanel } from './rows-panel'
import { SilentPanel } from './silent-panel'
import { useReportLive } from './use-report-live'

type Props = {
  readonly run: number
  readonly role: Role
  /** As they stand now. */
  readonly sql: string
  readonly missing: ReportMissing
  readonly onClose: () => void
}

/** What a few tenants have answered, below the text that they were asked. */
export function TrialPanel({ run, role, sql, missing, onClose }: Props) {
  const { live, report } = useReportLive(run)
  const [view, setView] = useState(plainRows)
  const changed = changedSince(report, { sql, missing })
  return (
    <section aria-label="Try" className="flex flex-col gap-3">
      <header className="flex items-center gap-3">
        <h2 className="min-w-0 flex-1 text-sm">
          <span role="status" className="font-semibold">
            {answeredSentence(live.run.state, live.run.counts)}
          </span>
          {report.sampledOf === null ? null : `, as different as there are among ${formatCount(report.sampledOf)};`}{' '}
          <Link href={`/reports/runs/${run}`} className="text-accent-ink underline underline-offset-2">
            report {run}
          </Link>
          {changed === null ? null : <span className="text-behind-ink"> {changed}</span>}
        </h2>
        <Button variant="ghost" size="icon-sm" aria-label="Close the try" onClick={onClose}>
          <X aria-hidden />
        </Button>
      </header>
      <SilentPanel run={run} silent={report.silent} mayFill={false} onRerun={null} busy={false} />
      <FilledPanel filled={report.filled} />
      <RowsPanel report={report} mayRun={may(role, 'reports.run')} view={view} onView={setView} />
    </section>
  )
}
