'use client'

import { useRef } from 'react'
import { Badge } from '@/components/ui/badge'
import { ErrorState } from '@/components/ui/error-state'
import { Page } from '@/components/ui/page-header'
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs'
import { describeReadError, RefusedError } from '@/lib/client/fetch-json'
import { formatCount } from '@/lib/format'
import type { Role } from '@/lib/tenancy/contract'
import { ItemPanel } from './item-panel'
import type { RunActions } from './run-actions'
import { RunControls } from './run-controls'
import { RunDiffering } from './run-differing'
import { RunFailures } from './run-failures'
import { RunHeader } from './run-header'
import { RunItems } from './run-items'
import { plainView, type ItemsView } from './run-items-model'
import { RunMap } from './run-map'
import { tabShown, type RunTab } from './run-model'
import { RunPlan } from './run-plan'
import { RunProgress } from './run-progress'
import { neighbour, type Step } from './stepper'
import { useRunAddress } from './use-run-address'
import { useRunLive } from './use-run-live'

type Props = {
  readonly id: number
  readonly role: Role
  readonly actions: RunActions
  /** Stands above the failures. */
  readonly notice?: React.ReactNode
}

/** A run, live until it is final: progress, map, failures by cause, items, and what may be done with it. */
export function RunView({ id, role, actions, notice }: Props) {
  const { live, status, refusal } = useRunLive(id)
  const { address, change } = useRunAddress()
  const stepper = useRef<Step | null>(null)
  const { run } = live
  const { counts } = run
  const tab = tabShown(address.tab, counts)

  const showItems = (view: ItemsView): void => change({ view, tab: 'items' })
  const open = (slug: string): void => change({ item: slug }, address.item === null ? 'push' : 'replace')
  const step = (by: -1 | 1): void => {
    if (address.item === null) return
    const next = stepper.current === null ? neighbour(live.slugs, address.item, by) : stepper.current(address.item, by)
    if (next !== null) change({ item: next })
  }

  return (
    <Page className={address.item === null ? undefined : 'xl:pr-[584px]'}>
      {refusal instanceof RefusedError ? <ErrorState compact {...describeReadError(refusal)} /> : null}
      <RunHeader run={run} role={role} controls={<RunControls run={run} role={role} actions={actions} />} />
      <RunProgress live={live} status={status} onState={(state) => showItems({ ...plainView, states: [state] })} />
      <RunDiffering run={run} onShow={() => showItems({ ...plainView, differs: true })} />
      <RunMap letters={live.letters} slugs={live.slugs} open={address.item} onOpen={open} />
      <Tabs value={tab} onValueChange={(value) => change({ tab: value as RunTab })} className="flex flex-col gap-4">
        {/* The tab that is shown unasked changes nothing when it is pressed, and yet is chosen. */}
        <TabsList aria-label="Parts of the run">
          <TabsTrigger value="failures" onClick={() => change({ tab: 'failures' })}>
            Failures
            {counts.failed > 0 ? <Badge tone="bad">{formatCount(counts.failed)}</Badge> : null}
          </TabsTrigger>
          <TabsTrigger value="items" onClick={() => change({ tab: 'items' })}>
            Targets <Badge>{formatCount(counts.total)}</Badge>
          </TabsTrigger>
          <TabsTrigger value="plan">Plan</TabsTrigger>
        </TabsList>
        <TabsContent value="failures" className="flex flex-col gap-4 focus-visible:outline-offset-4">
          {notice}
          <RunFailures run={run} role={role} actions={actions} stepper={stepper} onItem={open} onCause={(cause) => showItems({ ...plainView, cause })} />
        </TabsContent>
        {/* Once somebody works in the table it stays, whatever fails meanwhile. */}
        <TabsContent value="items" className="focus-visible:outline-offset-4" onFocus={() => (address.tab === null ? change({ tab: 'items' }) : undefined)}>
          <RunItems live={live} view={address.view} open={address.item} stepper={stepper} onView={showItems} onOpen={open} />
        </TabsContent>
        <TabsContent value="plan" className="focus-visible:outline-offset-4">
          <RunPlan run={run} />
        </TabsContent>
      </Tabs>
      {address.item === null ? null : (
        <ItemPanel live={live} slug={address.item} role={role} actions={actions} onClose={() => change({ item: null })} onStep={step} />
      )}
    </Page>
  )
}
