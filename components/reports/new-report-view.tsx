'use client'

import { Eraser } from 'lucide-react'
import { Suspense, useState } from 'react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { Page, PageHeader } from '@/components/ui/page-header'
import { Skeleton, SkeletonRows } from '@/components/ui/skeleton'
import type { Role } from '@/lib/tenancy/contract'
import { chosenIn } from './choice-model'
import type { Draft } from './draft-model'
import type { CreateReport, StartReport } from './report-actions'
import { ReportForm } from './report-form'
import { SaveNew } from './save-new'
import { TrialPanel } from './trial-panel'
import { useDraft, useInBrowser } from './use-draft'

type Props = {
  readonly sets: ReadonlyArray<{ readonly name: string }>
  readonly role: Role
  /** By which the draft is kept: a text that comes from a run is another one. */
  readonly draftOf: string
  readonly given: Draft
  readonly start: StartReport
  readonly create: CreateReport
}

/** A text that is nobody's yet: written, tried on a few, run on all. */
export function NewReportView(props: Props) {
  const inBrowser = useInBrowser()
  return (
    <Page>
      {inBrowser ? (
        <Writing {...props} />
      ) : (
        <>
          <Header actions={null} />
          <Skeleton className="h-96 w-full rounded-lg" />
        </>
      )}
    </Page>
  )
}

function Header({ actions }: { readonly actions: React.ReactNode }) {
  return (
    <PageHeader title="New report" actions={actions}>
      One SELECT, asked of every tenant from its own schema, read-only. Nothing is changed anywhere.
    </PageHeader>
  )
}

function Writing({ sets, role, draftOf, given, start, create }: Props) {
  const [{ selection, isUnderstood }] = useState(() => chosenIn(new URLSearchParams(window.location.search), window.location.hash))
  const { draft, change, startOver, isBlank } = useDraft(
    // Tenants that an address chooses are meant there, and not by whoever writes another report later.
    selection === null ? draftOf : `${draftOf}.chosen`,
    given,
    selection === null ? undefined : { selection, set: given.set },
  )
  const leave = (): void => {
    startOver()
    toast('Everything is as it was at first.', { action: { label: 'Undo', onClick: () => change(draft) } })
  }
  return (
    <>
      <Header
        actions={
          <>
            {isBlank ? null : (
              <Button variant="ghost" onClick={leave}>
                <Eraser aria-hidden />
                Start over
              </Button>
            )}
            <SaveNew draft={draft} create={create} onSaved={startOver} />
          </>
        }
      />
      {isUnderstood ? null : (
        <ErrorState
          compact
          title="The address chooses tenants in a way that can’t be understood."
          hint="Choose them here; until you do, all of the set are meant."
        />
      )}
      <ReportForm sets={sets} draft={draft} onDraft={change} start={start} tryOn={start} mayChange notNow={null} />
      {draft.trial === null ? null : (
        <Suspense key={draft.trial} fallback={<SkeletonRows rows={5} className="rounded-lg border border-line bg-surface" />}>
          <TrialPanel run={draft.trial} role={role} sql={draft.sql} missing={draft.missing} onClose={() => change({ trial: null })} />
        </Suspense>
      )}
    </>
  )
}
