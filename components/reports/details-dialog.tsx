'use client'

import { useState } from 'react'
import { Checkbox } from '@/components/ui/checkbox'
import { Dialog, DialogContent, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input, Textarea } from '@/components/ui/input'
import { tooLong } from '@/components/ui/too-long'
import { problemOf } from '@/lib/client/use-command'
import { reportRunners, type ErrorDocument, type ReportRunner } from '@/lib/tenancy/contract'
import { isFit, longestDescription, longestName, type Details } from './saved-model'

type Props = {
  readonly title: string
  readonly submit: string
  readonly given: Details
  /** Whether this person may say who may run and change it. */
  readonly mayShare: boolean
  readonly busy: boolean
  readonly error: ErrorDocument | null
  readonly onSubmit: (details: Details) => void
  readonly onClose: () => void
}

const runnerLabels: Readonly<Record<ReportRunner, string>> = { operator: 'Operators', support: 'Support, which then sees its results as well' }

const changersLabel = 'All operators, not by its owner alone'

/** What a report is called, what it is for, and who may run and change it. */
export function DetailsDialog({ title, submit, given, mayShare, busy, error, onSubmit, onClose }: Props) {
  const [details, setDetails] = useState(given)
  const change = (part: Partial<Details>): void => setDetails({ ...details, ...part })
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title={title} description="It keeps its text, its parameters, its tenants and every edit.">
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            onSubmit(details)
          }}
        >
          <Field label="Name" error={tooLong(details.name, longestName) ?? problemOf(error, 'name')}>
            {(control) => <Input {...control} required autoComplete="off" value={details.name} onChange={(event) => change({ name: event.target.value })} />}
          </Field>
          <Field label="What it is for" optional error={tooLong(details.description, longestDescription) ?? problemOf(error, 'description')}>
            {(control) => <Textarea {...control} rows={2} value={details.description} onChange={(event) => change({ description: event.target.value })} />}
          </Field>
          {mayShare ? (
            <fieldset className="flex flex-col gap-1.5">
              <legend className="mb-1 text-sm font-medium">Beside admins it may be run by</legend>
              {reportRunners.map((runner) => (
                <label key={runner} className="flex items-center gap-2 text-sm">
                  <Checkbox
                    checked={details.runnableBy.includes(runner)}
                    onCheckedChange={(on) => change({ runnableBy: reportRunners.filter((one) => (one === runner ? on : details.runnableBy.includes(one))) })}
                  />
                  {runnerLabels[runner]}
                </label>
              ))}
              <p className="mt-2 text-sm font-medium">and changed by</p>
              <label className="flex items-center gap-2 text-sm">
                <Checkbox checked={details.changeableBy === 'operators'} onCheckedChange={(on) => change({ changeableBy: on ? 'operators' : 'owner' })} />
                {changersLabel}
              </label>
            </fieldset>
          ) : null}
          <ErrorNote error={error} />
          <FormActions busy={busy} disabled={!isFit(details)}>
            {submit}
          </FormActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}
