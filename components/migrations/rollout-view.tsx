'use client'

import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { usePathname, useRouter, useSearchParams } from 'next/navigation'
import { useState, useSyncExternalStore } from 'react'
import { toast } from 'sonner'
import { cn } from '@/components/ui/class-names'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { Page, PageHeader } from '@/components/ui/page-header'
import { Skeleton } from '@/components/ui/skeleton'
import { describeReadError } from '@/lib/client/fetch-json'
import { planQuery, type PlanAction } from '@/lib/client/queries/migrations'
import { useCommand } from '@/lib/client/use-command'
import type { CommandResult, RunRef, Selection, StartRunInput } from '@/lib/tenancy/contract'
import { emptyForm, isBehindHash, planInputOf, readSelection, rolloutHref, startInput, type PlanForm } from './plan-model'
import { PlanPreview } from './plan-preview'
import { RolloutForm } from './rollout-form'

type Props = {
  readonly set: string
  /** Oldest first. */
  readonly versions: ReadonlyArray<{ readonly version: string; readonly name: string }>
  readonly plan: PlanAction
  readonly start: (input: StartRunInput) => Promise<CommandResult<RunRef>>
}

const listenToHash = (listener: () => void): (() => void) => {
  window.addEventListener('hashchange', listener)
  return () => window.removeEventListener('hashchange', listener)
}

/** What a rollout would do, to which targets and to which not, before it is started. */
export function RolloutView(props: Props) {
  const search = useSearchParams()
  const params = new URLSearchParams(search.toString())
  const hash = useSyncExternalStore(
    listenToHash,
    () => window.location.hash,
    () => null,
  )
  // The server never sees what stands behind the `#`.
  if (isBehindHash(params) && hash === null) return <Loading set={props.set} />
  const selection = readSelection(params, hash ?? '')
  if (selection === null) return <NotUnderstood set={props.set} />
  return <Rollout key={JSON.stringify(selection)} {...props} selection={selection} to={params.get('to')} />
}

function Rollout({ set, versions, plan, start, selection, to }: Props & { readonly selection: Selection; readonly to: string | null }) {
  const router = useRouter()
  const path = usePathname()
  const [form, setForm] = useState<PlanForm>(emptyForm)
  const [leaving, setLeaving] = useState(false)
  const proposal = useQuery(planQuery(plan, planInputOf(set, selection, to)))
  const command = useCommand(
    start,
    ({ run }) => {
      setLeaving(true)
      toast.success(`Run ${run} is started.`)
      router.push(`/runs/${run}`)
    },
    (error) => (error.code === 'run.plan_changed' || error.code === 'run.targets_busy' ? void proposal.refetch() : undefined),
  )
  const chooseVersion = (version: string): void => {
    const href = rolloutHref(set, selection, version)
    window.history.replaceState(null, '', href.replace(/^[^?#]*/, path))
  }
  const error = proposal.error
  return (
    <Page>
      <RolloutHeader set={set} />
      <div className="grid items-start gap-x-8 gap-y-6 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <RolloutForm
          set={set}
          versions={versions}
          selection={selection}
          to={to}
          plan={proposal.data ?? null}
          isStale={proposal.isPlaceholderData || proposal.isError}
          form={form}
          onForm={setForm}
          onVersion={chooseVersion}
          busy={command.busy || leaving}
          refusal={command.error}
          onStart={(shown) => void command.run(startInput(shown, selection, form))}
        />
        <div className={cn('min-w-0 transition-opacity', proposal.isPlaceholderData && 'opacity-60')}>
          {error ? <ErrorState compact {...describeReadError(error)} retry={() => void proposal.refetch()} /> : null}
          {proposal.data && !proposal.isError ? <PlanPreview plan={proposal.data} selection={selection} /> : null}
          {proposal.isPending ? <PreviewSkeleton /> : null}
        </div>
      </div>
    </Page>
  )
}

function RolloutHeader({ set }: { readonly set: string }) {
  return (
    <PageHeader
      title={
        <>
          Roll out <span className="mono">{set}</span>
        </>
      }
    >
      Nothing happens until you start it. Each target is migrated in its own transaction; one that fails doesn’t stop the others.
    </PageHeader>
  )
}

function PreviewSkeleton() {
  return (
    <div role="status" aria-label="Loading the plan" className="flex flex-col gap-6">
      <Skeleton className="h-6 w-80" />
      <Skeleton className="h-32 w-full rounded-lg" />
      <Skeleton className="h-64 w-full rounded-lg" />
    </div>
  )
}

function Loading({ set }: { readonly set: string }) {
  return (
    <Page>
      <RolloutHeader set={set} />
      <div className="grid items-start gap-x-8 gap-y-6 lg:grid-cols-[20rem_minmax(0,1fr)]">
        <Skeleton className="h-96 w-full" />
        <PreviewSkeleton />
      </div>
    </Page>
  )
}

function NotUnderstood({ set }: { readonly set: string }) {
  return (
    <Page>
      <RolloutHeader set={set} />
      <ErrorState
        title="The address chooses tenants in a way that can’t be understood."
        hint="Nothing is planned, so that no other tenant is reached by mistake. Choose again, or plan for all."
      />
      <div className="flex justify-center gap-2">
        <Button asChild>
          <Link href={`/tenants?set=${encodeURIComponent(set)}`}>Choose tenants</Link>
        </Button>
        <Button asChild>
          <Link href={rolloutHref(set)}>Plan for all tenants of {set}</Link>
        </Button>
      </div>
    </Page>
  )
}
