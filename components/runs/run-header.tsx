import Link from 'next/link'
import { Fragment } from 'react'
import { shapeHref } from '@/components/drift/drift-model'
import { Dotted } from '@/components/ui/dotted'
import { PageHeader } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import { formatDuration } from '@/lib/format'
import { seesAllReports, type Role, type RunDetail } from '@/lib/tenancy/contract'
import { claimedText, demandText, runTitle } from './run-model'
import { runLook } from './run-status'

type Props = { readonly run: RunDetail; readonly role: Role; readonly controls: React.ReactNode }

/** What the run is, who started it and why, and what it belongs to. */
export function RunHeader({ run, role, controls }: Props) {
  const took = run.startedAt !== null && run.finishedAt !== null ? Date.parse(run.finishedAt) - Date.parse(run.startedAt) : null
  return (
    <PageHeader
      title={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          {runTitle(run)}
          <StateBadge look={runLook(run)} variant="soft" />
        </span>
      }
      actions={controls}
    >
      <Dotted>
        <>
          Started by <span className="text-ink">{run.startedBy}</span> <RelativeTime at={run.createdAt} />
        </>
        {demandText(run) || null}
        {took === null || took === 0 ? null : `took ${formatDuration(took)}`}
        {run.kind === 'report' && seesAllReports(role) ? (
          <Link href={`/reports/runs/${run.id}`} className="text-accent-ink underline underline-offset-2">
            what they answered
          </Link>
        ) : null}
        {run.repair === null ? null : <RepairedShape set={run.set} repair={run.repair} />}
        {run.parentRun === null ? null : (
          <>
            rerun of <RunLink run={run.parentRun} />
          </>
        )}
        {run.childRuns.length === 0 ? null : (
          <>
            rerun as{' '}
            {run.childRuns.map((child, index) => (
              <Fragment key={child}>
                {index === 0 ? null : ', '}
                <RunLink run={child} />
              </Fragment>
            ))}
          </>
        )}
        {claimedText(run) || null}
        {run.retried > 0 ? (run.retried === 1 ? '1 target needed another attempt' : `${run.retried} targets needed another attempt`) : null}
      </Dotted>
      {run.note === '' ? null : <p className="mt-1 max-w-[80ch] break-words text-ink">“{run.note}”</p>}
    </PageHeader>
  )
}

/** Its page goes on saying what it was when all of it is repaired. */
function RepairedShape({ set, repair }: { readonly set: string; readonly repair: NonNullable<RunDetail['repair']> }) {
  return (
    <>
      repairs{' '}
      <Link href={shapeHref({ set, id: repair.shape })} className="text-accent-ink underline underline-offset-2">
        {repair.letter === null ? 'a shape' : `shape ${repair.letter}`}
      </Link>{' '}
      of{' '}
      <Link href={`/drift/${encodeURIComponent(set)}`} className="text-accent-ink underline underline-offset-2">
        {set} {repair.version ?? 'without migrations'}
      </Link>
    </>
  )
}

function RunLink({ run }: { readonly run: number }) {
  return (
    <Link href={`/runs/${run}`} className="text-accent-ink underline underline-offset-2">
      run {run}
    </Link>
  )
}
