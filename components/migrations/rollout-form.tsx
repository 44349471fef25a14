'use client'

import { Rocket } from 'lucide-react'
import Link from 'next/link'
import { Button } from '@/components/ui/button'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input, Textarea } from '@/components/ui/input'
import { Select } from '@/components/ui/select'
import { problemOf } from '@/lib/client/use-command'
import { formatCount } from '@/lib/format'
import type { ErrorDocument, PlanView, Selection } from '@/lib/tenancy/contract'
import { formProblems, rolloutHref, selectionSentence, toleranceSentence, type PlanForm } from './plan-model'

type Props = {
  readonly set: string
  readonly versions: ReadonlyArray<{ readonly version: string; readonly name: string }>
  readonly selection: Selection
  /** null: the newest. */
  readonly to: string | null
  readonly plan: PlanView | null
  /** The plan on the screen is not the one that the form asks for. */
  readonly isStale: boolean
  readonly form: PlanForm
  readonly onForm: (form: PlanForm) => void
  readonly onVersion: (version: string) => void
  readonly busy: boolean
  readonly refusal: ErrorDocument | null
  readonly onStart: (plan: PlanView) => void
}

export function RolloutForm({ set, versions, selection, to, plan, isStale, form, onForm, onVersion, busy, refusal, onStart }: Props) {
  const problems = formProblems(form)
  const head = versions.at(-1)?.version ?? ''
  const mayStart = plan !== null && !isStale && plan.total > 0 && Object.keys(problems).length === 0
  const change = (part: Partial<PlanForm>): void => onForm({ ...form, ...part })
  return (
    <form
      className="flex flex-col gap-5 lg:sticky lg:top-5"
      onSubmit={(event) => {
        event.preventDefault()
        if (mayStart) onStart(plan)
      }}
    >
      <Field label="To version" error={problemOf(refusal, 'to')}>
        {(control) => (
          <Select {...control} value={to ?? head} onChange={(event) => onVersion(event.target.value)}>
            {versions.toReversed().map(({ version, name }) => (
              <option key={version} value={version}>
                {version} {name}
                {version === head ? ' (head)' : ''}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Targets set={set} selection={selection} to={to} />
      <Field
        label="At once on each server"
        optional
        error={problems.maxConcurrent ?? problemOf(refusal, 'maxConcurrent')}
        hint="Never more than the server’s budget of connections."
      >
        {(control) => (
          <Input
            {...control}
            inputMode="numeric"
            autoComplete="off"
            placeholder="the whole budget"
            value={form.maxConcurrent}
            onChange={(event) => change({ maxConcurrent: event.target.value })}
          />
        )}
      </Field>
      <Field
        label="Failures tolerated"
        optional
        error={problems.failureTolerance ?? problemOf(refusal, 'failureTolerance')}
        hint={problems.failureTolerance === undefined ? toleranceSentence({ total: plan?.total ?? 0 }, form.failureTolerance) : undefined}
      >
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            placeholder="5 or 10%"
            value={form.failureTolerance}
            onChange={(event) => change({ failureTolerance: event.target.value })}
          />
        )}
      </Field>
      <Field label="Why" optional error={problems.note ?? problemOf(refusal, 'note')} hint="Stands on the run’s page and in the audit.">
        {(control) => <Textarea {...control} rows={2} value={form.note} onChange={(event) => change({ note: event.target.value })} />}
      </Field>
      <ErrorNote error={refusal} />
      <Button type="submit" variant="primary" busy={busy} disabled={!mayStart}>
        <Rocket aria-hidden />
        {plan === null || plan.total === 0 ? 'Start the rollout' : `Start: ${formatCount(plan.total)} to ${plan.toVersion}`}
      </Button>
    </form>
  )
}

function Targets({ set, selection, to }: { readonly set: string; readonly selection: Selection; readonly to: string | null }) {
  return (
    <div role="group" aria-label="Targets" className="flex flex-col gap-1">
      <p className="text-sm font-medium">Targets</p>
      <p className="break-words">All that are behind among {selectionSentence(set, selection)}.</p>
      <p className="flex flex-wrap gap-x-3 text-xs">
        {selection.kind === 'all' ? null : (
          <Link href={rolloutHref(set, { kind: 'all' }, to)} className="text-accent-ink underline-offset-2 hover:underline">
            all tenants of {set}
          </Link>
        )}
        <Link href={`/tenants?set=${encodeURIComponent(set)}&versionState=behind`} className="text-accent-ink underline-offset-2 hover:underline">
          choose tenants
        </Link>
      </p>
    </div>
  )
}
