'use client'

import { useQuery } from '@tanstack/react-query'
import { ChevronDown, ChevronUp } from 'lucide-react'
import Link from 'next/link'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { RelativeTime } from '@/components/ui/relative-time'
import { Sheet, SheetContent } from '@/components/ui/sheet'
import { Skeleton } from '@/components/ui/skeleton'
import { StateBadge } from '@/components/ui/state-badge'
import { usePanelFocus } from '@/components/ui/use-panel-focus'
import { describeReadError } from '@/lib/client/fetch-json'
import { runQueries } from '@/lib/client/queries/runs'
import { formatDuration } from '@/lib/format'
import { isFinalRun, type AttemptView, type ItemState, type Role, type RunItemRow } from '@/lib/tenancy/contract'
import { Blockers } from './blockers'
import { mayBeBlocked } from './blockers-model'
import { ErrorDetail } from './error-detail'
import { NextAttempt } from './next-attempt'
import type { RunActions } from './run-actions'
import { PutRightNote } from './put-right-note'
import { headline, wordsOf } from './run-failures-model'
import { itemLookup, versionStep } from './run-items-model'
import { shownState, type RunLive } from './run-live-model'
import { tryAgainBy } from './run-model'
import { attemptStateLooks, differentLook, itemStateLooks } from './run-status'
import { TryAgainButton } from './try-again-button'

type Props = {
  readonly live: RunLive
  readonly slug: string
  readonly role: Role
  readonly actions: RunActions
  readonly onClose: () => void
  /** To the item before (-1) or after (1) in the run. */
  readonly onStep: (by: -1 | 1) => void
}

/** One target's part in the run: its state, each attempt with what came of it, and the way to try it again. */
export function ItemPanel({ live, slug, role, actions, onClose, onStep }: Props) {
  const lookup = useQuery(runQueries.itemPage(itemLookup(live.run.id, slug)))
  const attempts = useQuery(runQueries.attempts(live.run.id, slug))
  const row = lookup.data?.rows.find((one) => one.slug === slug)
  const error = lookup.error ?? attempts.error
  const focus = usePanelFocus()
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.metaKey || event.ctrlKey || event.altKey || (event.key !== 'j' && event.key !== 'k')) return
    event.preventDefault()
    onStep(event.key === 'j' ? 1 : -1)
  }
  return (
    <Sheet open modal={false} onOpenChange={(open) => (open ? undefined : onClose())}>
      <SheetContent
        veil={false}
        title={<span className="mono">{slug}</span>}
        {...focus}
        onKeyDown={onKeyDown}
        onInteractOutside={(event) => event.preventDefault()}
        headerActions={
          <>
            <Button variant="ghost" size="icon-sm" aria-label="Target before (k)" title="Target before (k)" onClick={() => onStep(-1)}>
              <ChevronUp aria-hidden />
            </Button>
            <Button variant="ghost" size="icon-sm" aria-label="Target after (j)" title="Target after (j)" onClick={() => onStep(1)}>
              <ChevronDown aria-hidden />
            </Button>
          </>
        }
      >
        <div className="flex flex-col gap-5 p-4">
          {error ? <ErrorState compact {...describeReadError(error)} /> : null}
          {lookup.isPending ? <Skeleton className="h-24 w-full" /> : null}
          {lookup.isSuccess && row === undefined ? <p className="text-muted">Run {live.run.id} has no such tenant.</p> : null}
          {row === undefined ? null : (
            <>
              <ItemFacts live={live} row={row} role={role} actions={actions} />
              {mayBeBlocked(
                live.run.state,
                shownState(row, live.letters),
                attempts.data?.length ?? row.attempts,
                row.putRightBy === null ? row.error?.code : null,
              ) ? (
                <Blockers run={live.run.id} isOpen={!isFinalRun(live.run.state)} slug={slug} role={role} actions={actions} />
              ) : null}
              <Attempts attempts={attempts.data ?? null} />
            </>
          )}
        </div>
      </SheetContent>
    </Sheet>
  )
}

type FactsProps = { readonly live: RunLive; readonly row: RunItemRow; readonly role: Role; readonly actions: RunActions }

function ItemFacts({ live, row, role, actions }: FactsProps) {
  const { run } = live
  const state = shownState(row, live.letters)
  const by = isTriableAgain(state) ? tryAgainBy(run.state, role) : null
  // An open run takes failed items again; only a finished one gives up interrupted and cancelled ones.
  const may = (by === 'rerun' && row.putRightBy === null) || (by === 'retry' && state === 'failed')
  return (
    <section aria-label="Facts" className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <StateBadge look={itemStateLooks[state]} variant="soft" />
        {row.differs ? <StateBadge look={differentLook} variant="soft" /> : null}
        <span className="mono text-muted">{versionStep(row.fromVersion, row.toVersion)}</span>
        <span className="ml-auto flex gap-2">
          <Button asChild size="sm">
            <Link href={`/tenants/${row.slug}`}>Open the tenant</Link>
          </Button>
          {may && by !== null ? <TryAgainButton run={run} slugs={[row.slug]} by={by} actions={actions} size="sm" variant="primary" /> : null}
        </span>
      </div>
      {row.differs ? (
        <p className="text-muted">
          Applied, but when it was read back its structure was not what the migrations make. The tenant’s page says what differs now.
        </p>
      ) : null}
      {row.putRightBy === null ? null : <PutRightNote putRight={[{ run: row.putRightBy, count: 1 }]} of={1} />}
      <dl className="grid grid-cols-[6rem_minmax(0,1fr)] gap-y-1">
        <Fact name="Database">
          <span className="mono">{row.database}</span>
        </Fact>
        <Fact name="Schema">
          <span className="mono break-all">{row.schema}</span>
          {row.claimed ? <span className="text-muted"> · given ready, from the warm pool</span> : null}
        </Fact>
        <Fact name="Started">
          <RelativeTime at={row.startedAt} none={state === 'running' ? 'under way' : 'not yet'} />
        </Fact>
        <Fact name="Took">{row.durationMs === null ? '–' : formatDuration(row.durationMs)}</Fact>
        {state === 'pending' && row.nextAttemptAt !== null ? (
          <Fact name="Next attempt">
            <NextAttempt at={row.nextAttemptAt} />
          </Fact>
        ) : null}
      </dl>
    </section>
  )
}

const isTriableAgain = (state: ItemState): boolean => state === 'failed' || state === 'interrupted' || state === 'cancelled'

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}

function Attempts({ attempts }: { readonly attempts: readonly AttemptView[] | null }) {
  if (attempts === null) return <Skeleton className="h-16 w-full" />
  return (
    <section aria-label="Attempts" className="flex flex-col gap-3">
      <h3 className="text-sm font-semibold">
        {attempts.length === 0 ? 'No attempt has ended yet' : attempts.length === 1 ? '1 attempt' : `${attempts.length} attempts`}
      </h3>
      {/* The newest first: it is the one that counts. */}
      <ol reversed className="flex flex-col gap-3">
        {attempts.toReversed().map((attempt) => (
          <Attempt key={attempt.number} attempt={attempt} />
        ))}
      </ol>
    </section>
  )
}

function Attempt({ attempt }: { readonly attempt: AttemptView }) {
  const applied = attempt.versionsApplied.length
  return (
    <li className="border-t border-line pt-3">
      <p className="flex flex-wrap items-center gap-x-2">
        <StateBadge look={attemptStateLooks[attempt.state]}>
          <span className="font-medium">
            Attempt {attempt.number}: {attemptStateLooks[attempt.state].label.toLowerCase()}
          </span>
        </StateBadge>
        <span className="text-muted">
          <RelativeTime at={attempt.startedAt} /> · {formatDuration(attempt.durationMs)}
        </span>
      </p>
      <p className="mt-0.5 text-xs text-muted">
        {attempt.claimed ? <span>claimed from the warm pool at {attempt.versionsApplied.at(-1) ?? 'no version'} · </span> : null}
        {applied > 0 && !attempt.claimed ? <span>applied {attempt.versionsApplied.join(', ')} · </span> : null}
        by <span className="mono">{attempt.worker}</span>
        {attempt.backendPid === null ? null : <span className="mono"> · backend {attempt.backendPid}</span>}
      </p>
      {attempt.error === null ? null : (
        <div className="mt-2 flex flex-col gap-2">
          <p className="font-medium">{headline(wordsOf(attempt.error).title)}</p>
          <ErrorDetail error={attempt.error} />
        </div>
      )}
    </li>
  )
}
