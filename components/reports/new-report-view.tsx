'use client'

import { Suspense } from 'react'
import { Page, PageHeader } from '@/components/ui/page-header'
import { Skeleton, SkeletonRows } from '@/components/ui/skeleton'
import type { Role } from '@/lib/tenancy/contract'
import type { Draft } from './draft-model'
import type { StartReport } from './report-actions'
import { ReportForm } from './report-form'
import { TrialPanel } from './trial-panel'
import { useDraft, useInBrowser } from './use-draft'

type Props = {
  readonly sets: ReadonlyArray<{ readonly name: string }>
  readonly role: Role
  /** By which the draft is kept: a text that comes from a run is another one. */
  readonly draftOf: string
  readonly given: Draft
  readonly start: StartReport
}

/** A text that is nobody's yet: written, tried on a few, run on all. */
export function NewReportView(props: Props) {
  const inBrowser = useInBrowser()
  return (
    <Page>
      <PageHeader title="New report">One SELECT, asked of every tenant from its own schema, read-only. Nothing is changed anywhere.</PageHeader>
      {inBrowser ? <Writing {...props} /> : <Skeleton className="h-96 w-full rounded-lg" />}
    </Page>
  )
}

function Writing({ sets, role, draftOf, given, start }: Props) {
  const [draft, change] = useDraft(draftOf, given)
  return (
    <>
      <ReportForm sets={sets} draft={draft} onDraft={change} start={start} />
      {draft.trial === null ? null : (
        <Suspense key={draft.trial} fallback={<SkeletonRows rows={5} className="rounded-lg border border-line bg-surface" />}>
          <TrialPanel run={draft.trial} role={role} onClose={() => change({ trial: null })} />
        </Suspense>
      )}
    </>
  )
}
