'use client'

import Link from 'next/link'
import { reportLook } from '@/components/runs/run-status'
import { ListTable } from '@/components/ui/list-table'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import type { SavedReportRow } from '@/lib/tenancy/contract'
import { cronWords } from './schedule-model'
import { lastResultWords } from './saved-model'

/** Saved reports by name, each with what came of it last. */
export function SavedList({ reports }: { readonly reports: readonly SavedReportRow[] }) {
  return (
    <ListTable label="Saved reports" headings={['Report', 'Last result', 'When', 'By itself', 'Owner']} onWide={['When', 'By itself', 'Owner']}>
      {reports.map((report) => (
        <tr key={report.id} className="border-b border-line last:border-0 hover:bg-hover">
          <td className="max-w-0 px-3 py-2 first:pl-4 w-1/2 sm:w-2/5">
            <Link href={`/reports/${report.id}`} className="font-medium break-words hover:underline">
              {report.name}
            </Link>
            {report.description === '' ? null : <p className="truncate text-muted">{report.description}</p>}
          </td>
          <td className="px-3 py-2">
            {report.lastRun === null ? (
              <span className="text-muted">never run</span>
            ) : (
              <Link href={`/reports/runs/${report.lastRun.run}`} className="group flex items-center gap-x-2 lg:whitespace-nowrap">
                <StateBadge look={reportLook(report.lastRun.state, report.lastRun.answered)} />
                <span className="text-muted group-hover:underline max-sm:sr-only">{lastResultWords(report)}</span>
              </Link>
            )}
          </td>
          <td className="px-3 py-2 whitespace-nowrap text-muted max-sm:hidden">
            <RelativeTime at={report.lastRun?.createdAt ?? null} />
          </td>
          <td className="px-3 py-2 whitespace-nowrap text-muted max-sm:hidden">
            {report.schedule === null ? '–' : report.schedule.enabled ? cronWords(report.schedule.cron) : 'switched off'}
          </td>
          <td className="max-w-48 truncate px-3 py-2 text-muted max-sm:hidden">{report.owner}</td>
        </tr>
      ))}
    </ListTable>
  )
}
