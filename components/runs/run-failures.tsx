'use client'

import { useQuery } from '@tanstack/react-query'
import { CircleCheck, CircleX } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { Skeleton } from '@/components/ui/skeleton'
import { describeReadError } from '@/lib/client/fetch-json'
import { runQueries } from '@/lib/client/queries/runs'
import { formatCount, plural } from '@/lib/format'
import { putRightCount, type FailureGroup, type Role } from '@/lib/tenancy/contract'
import { ErrorDetail } from './error-detail'
import { PutRightNote } from './put-right-note'
import type { RunActions } from './run-actions'
import { failuresSentence, sortGroups, tenantsShown, tenantsToTryAgain, wordsOf } from './run-failures-model'
import { tryAgainBy, type RunFacts } from './run-model'
import { neighbour, useStepper, type Stepper } from './stepper'
import { TryAgainButton } from './try-again-button'

type Props = {
  readonly run: RunFacts
  readonly role: Role
  readonly actions: RunActions
  readonly stepper: Stepper
  readonly onItem: (slug: string) => void
  readonly onCause: (cause: string) => void
}

/** Failures by cause: what is wrong, where, whose, and the way to try those again. */
export function RunFailures({ run, role, actions, stepper, onItem, onCause }: Props) {
  const { data, error, refetch, isPending } = useQuery(runQueries.failures(run.id))
  const groups = useMemo(() => sortGroups(data ?? []), [data])
  useStepper(
    stepper,
    useCallback(
      (slug, by) =>
        neighbour(
          groups.flatMap(({ tenants }) => tenants),
          slug,
          by,
        ),
      [groups],
    ),
  )
  if (error && !data) return <ErrorState {...describeReadError(error)} retry={() => void refetch()} />
  if (isPending && run.counts.failed > 0) return <Skeleton className="h-64 w-full rounded-lg" />
  if (!data || data.length === 0)
    return (
      <p className="flex items-center gap-2 py-6 text-muted">
        <CircleCheck aria-hidden className="size-4 text-good-ink" />
        {run.counts.failed > 0 ? 'The failures are being grouped.' : 'No target has failed.'}
      </p>
    )
  return (
    <div className="flex flex-col gap-4">
      <h2 className="sr-only">{failuresSentence(groups)}</h2>
      {groups.map((group) => (
        <Group key={group.cause} group={group} run={run} role={role} actions={actions} onItem={onItem} onCause={onCause} />
      ))}
    </div>
  )
}

function Group({ group, run, role, actions, onItem, onCause }: Omit<Props, 'stepper'> & { readonly group: FailureGroup }) {
  const words = wordsOf(group.example, run.kind)
  const by = tryAgainBy(run.state, role)
  const slugs = by === null ? [] : tenantsToTryAgain(group, by)
  const isSettled = putRightCount(group.putRight) === group.count
  const what = slugs.length === 1 ? 'this one' : `these ${formatCount(slugs.length)}`
  return (
    <section className="@container rounded-lg border border-line bg-surface">
      <header className="flex flex-wrap items-start gap-x-4 gap-y-2 border-b border-line px-4 py-3">
        <div className="min-w-0 flex-1 basis-64">
          <h3 className="flex items-center gap-2 text-base font-semibold">
            <CircleX aria-hidden className="size-4 shrink-0 text-bad-ink" />
            <span>
              {plural(group.count, 'tenant')}: {words.title}
            </span>
          </h3>
          {isSettled ? null : <p className="mt-0.5 text-muted">{words.next}</p>}
          <PutRightNote putRight={group.putRight} of={group.count} />
        </div>
        {slugs.length === 0 || by === null ? null : <TryAgainButton run={run} slugs={slugs} by={by} what={what} actions={actions} />}
      </header>
      <div className="grid gap-x-6 gap-y-4 px-4 py-3 @3xl:grid-cols-[minmax(0,1fr)_minmax(0,16rem)]">
        <ErrorDetail error={group.example} />
        <Tenants group={group} onItem={onItem} onCause={onCause} />
      </div>
    </section>
  )
}

function Tenants({
  group,
  onItem,
  onCause,
}: {
  readonly group: FailureGroup
  readonly onItem: (slug: string) => void
  readonly onCause: (cause: string) => void
}) {
  const [expanded, setExpanded] = useState(false)
  const { shown, more } = tenantsShown(group.tenants, expanded)
  return (
    <div className="min-w-0">
      <p className="mb-1 flex items-baseline gap-2 text-xs text-muted">
        {plural(group.count, 'tenant')}
        {group.cause === '' ? null : (
          <button type="button" className="text-accent-ink underline-offset-2 hover:underline" onClick={() => onCause(group.cause)}>
            show in the table
          </button>
        )}
      </p>
      <ul className="-mx-1.5 max-h-72 overflow-y-auto">
        {shown.map((slug) => (
          <li key={slug}>
            <button type="button" className="mono block w-full truncate rounded-sm px-1.5 py-1 text-left hover:bg-hover" onClick={() => onItem(slug)}>
              {slug}
            </button>
          </li>
        ))}
      </ul>
      {more > 0 ? (
        <Button variant="ghost" size="sm" className="-ml-1.5" onClick={() => setExpanded(true)}>
          and {formatCount(more)} more
        </Button>
      ) : null}
    </div>
  )
}
