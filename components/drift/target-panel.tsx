'use client'

import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { ErrorState } from '@/components/ui/error-state'
import { Panel } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { Skeleton } from '@/components/ui/skeleton'
import { StateBadge } from '@/components/ui/state-badge'
import { describeReadError } from '@/lib/client/fetch-json'
import { driftQueries } from '@/lib/client/queries/drift'
import type { TargetDrift } from '@/lib/tenancy/contract'
import { isTraced, orderedFindings, shapeHref, shapeTitle } from './drift-model'
import { driftStateLooks } from './drift-state'
import { FindingLine } from './finding-line'
import { FirstSeen } from './first-seen'
import { OutsideChanges } from './outside-changes'
import { Trace } from './shape-row'

/** How one of a tenant's targets compares with the norm of its version. */
export function TargetPanel({ slug, set }: { readonly slug: string; readonly set: string }) {
  const query = useQuery(driftQueries.target(slug))
  const target = query.data?.find((one) => one.set === set)
  return (
    <Panel
      title="Structure"
      actions={
        <>
          {target === undefined || target.lookedAt === null ? null : (
            <span className="text-xs text-faint">
              looked at <RelativeTime at={target.lookedAt} />
            </span>
          )}
          {target === undefined ? null : <StateBadge look={driftStateLooks[target.state]} variant="soft" />}
        </>
      }
    >
      {query.isError && query.data === undefined ? (
        <div className="p-4">
          <ErrorState compact {...describeReadError(query.error)} retry={() => void query.refetch()} />
        </div>
      ) : query.data === undefined ? (
        <div role="status" aria-label="Loading" className="p-4">
          <Skeleton className="h-5 w-80 max-w-full" />
        </div>
      ) : (
        <div className="flex flex-col gap-2 px-4 py-3">
          {target === undefined ? 'It has no placement any more.' : <Findings target={target} />}
          {target === undefined || target.uncompared.length === 0 ? null : (
            <p className="break-words text-muted">Not compared: {target.uncompared.join(', ')}.</p>
          )}
          {target === undefined ? null : <OutsideChanges changes={target.changes} />}
        </div>
      )}
    </Panel>
  )
}

/** Of what was there before the rest: the shape's own date is that of the newest. */
function OlderThanShape({ target, finding }: { readonly target: TargetDrift; readonly finding: string }) {
  const since = target.findingsSince[finding]
  if (since === undefined || since.since === target.since) return null
  return (
    <p className="pl-5 text-xs text-muted">
      <FirstSeen {...since} />
    </p>
  )
}

function Findings({ target }: { readonly target: TargetDrift }) {
  if (target.state === 'unknown') return <p className="break-words text-muted">{target.problem ?? 'It has not been compared yet.'}</p>
  if (target.state === 'norm') return <p className="text-muted">As the migrations of its version make it.</p>
  return (
    <>
      <ul className="flex flex-col gap-0.5">
        {orderedFindings(target.findings).map((finding) => (
          <li key={finding.key}>
            <FindingLine finding={finding} />
            <OlderThanShape target={target} finding={finding.key} />
          </li>
        ))}
      </ul>
      <p className="text-muted">
        {target.shape === null ? null : (
          <Link href={shapeHref({ set: target.set, id: target.shape })} className="text-ink underline underline-offset-2">
            {shapeTitle(target)}
          </Link>
        )}
        {target.since === null ? null : (
          <>
            {' '}
            since <RelativeTime at={target.since} />
          </>
        )}
        {isTraced(target) ? (
          <>
            , <Trace afterRun={target.afterRun} />
          </>
        ) : null}
      </p>
    </>
  )
}
