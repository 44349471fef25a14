'use client'

import { useQuery } from '@tanstack/react-query'
import { Lock, TriangleAlert, UserRound } from 'lucide-react'
import { CopyButton } from '@/components/ui/copy-button'
import { ErrorState } from '@/components/ui/error-state'
import { Panel } from '@/components/ui/page-header'
import { Skeleton } from '@/components/ui/skeleton'
import { SqlView } from '@/components/ui/sql-view'
import { describeReadError } from '@/lib/client/fetch-json'
import { driftQueries } from '@/lib/client/queries/drift'
import { plural } from '@/lib/format'
import type { Repair } from '@/lib/tenancy/contract'
import type { RepairActions } from './drift-actions'
import { RepairDialog } from './repair-dialog'
import { RepairRunLink } from './repair-run-link'
import { TryRepair } from './try-repair'
import { repairBlocks, repairScript, type RepairBlock } from './shape-model'

/** What leads back to the norm, statement by statement, and what is left to a person. */
export function RepairPanel({ set, shape, actions }: { readonly set: string; readonly shape: string; readonly actions: RepairActions | null }) {
  const repair = useQuery(driftQueries.repair(set, shape))
  const { data } = repair
  if (!data) {
    if (repair.isError) return <ErrorState {...describeReadError(repair.error)} retry={() => void repair.refetch()} />
    return (
      <div role="status" aria-label="Loading">
        <Skeleton className="h-64 w-full" />
      </div>
    )
  }
  return (
    <div className="flex flex-col gap-4">
      <Panel
        title={
          data.steps.length === 0
            ? '0 statements lead back to the norm'
            : `${plural(data.steps.length, 'statement')} ${data.steps.length === 1 ? 'leads' : 'lead'} back to the norm`
        }
        actions={data.steps.length === 0 ? null : <CopyButton text={repairScript(data)} label="Copy all statements" />}
      >
        {data.steps.length === 0 ? (
          <p className="px-4 py-3 text-muted">Nothing here is repaired by statements. What was accepted is meant to stay.</p>
        ) : (
          <ol className="flex flex-col gap-4 p-4">
            {repairBlocks(data).map((block, index) => (
              <li key={index}>
                <Block block={block} number={index + 1} />
              </li>
            ))}
          </ol>
        )}
      </Panel>
      {actions === null || data.steps.length === 0 ? null : (
        <div className="flex flex-wrap items-start gap-3">
          <RepairDialog set={set} shape={shape} repair={data} start={actions.start} />
          <TryRepair set={set} shape={shape} tryOne={actions.tryOne} />
        </div>
      )}
      {data.lastRun === null ? null : (
        <p className="text-muted">
          <RepairRunLink repair={data.lastRun} />
        </p>
      )}
      <Left left={data.left} />
    </div>
  )
}

function Block({ block, number }: { readonly block: RepairBlock; readonly number: number }) {
  return (
    <>
      <p className="mb-1 flex items-start gap-1.5 text-xs text-muted">
        <Lock aria-hidden className="mt-0.5 size-3 shrink-0" />
        {block.lock === null ? 'Takes no lock that anybody would meet' : block.lock}
      </p>
      {block.risk === null ? null : (
        <p className="mb-1 flex items-start gap-1.5 text-xs">
          <TriangleAlert aria-hidden className="mt-0.5 size-3 shrink-0 text-behind-ink" />
          <span>
            <span className="sr-only">Risk: </span>
            {block.risk}
          </span>
        </p>
      )}
      <SqlView sql={block.sql} label={`Part ${number} of the repair`} />
    </>
  )
}

function Left({ left }: { readonly left: Repair['left'] }) {
  if (left.length === 0) return null
  return (
    <Panel title={`${plural(left.length, 'difference')} left to a person`}>
      <ul>
        {left.map(({ finding, sentence, reason }) => (
          <li key={finding} className="flex gap-2 border-b border-line px-4 py-2.5 last:border-0">
            <UserRound aria-hidden className="mt-0.5 size-3.5 shrink-0 text-muted" />
            <div className="min-w-0 break-words">
              <p>{sentence}</p>
              <p className="text-muted">{reason}</p>
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
