'use client'

import { useState } from 'react'
import { toast } from 'sonner'
import { useNow } from '@/components/ui/clock'
import { Dialog, DialogContent, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { NoteField } from '@/components/ui/note-field'
import { longestNote, tooLong } from '@/components/ui/too-long'
import { problemOf, useCommand } from '@/lib/client/use-command'
import { useDriftChange } from '@/lib/client/use-drift-change'
import type { SeenFinding } from '@/lib/tenancy/contract'
import type { ShapeActions } from './drift-actions'
import { untilOf, untilProblem } from './shape-model'

type Props = {
  readonly set: string
  readonly finding: Pick<SeenFinding, 'key' | 'sentence'>
  readonly accept: ShapeActions['accept']
  readonly onClose: () => void
}

/** That one difference is as it should be: asks why and until when. */
export function AcceptDialog({ set, finding, accept, onClose }: Props) {
  const changed = useDriftChange()
  const now = useNow()
  const [reason, setReason] = useState('')
  const [day, setDay] = useState('')
  const { run, busy, error } = useCommand(accept, () => {
    toast.success('Accepted.', { description: finding.sentence })
    changed()
    onClose()
  })
  const problem = untilProblem(day, now ?? 0)
  const isReady = reason.trim() !== '' && tooLong(reason, longestNote) === null && problem === null
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title="Accept this difference?"
        description={
          <>
            <p className="break-words text-ink">{finding.sentence}</p>
            <p className="mt-1">
              It no longer counts as drift in any tenant of <span className="mono">{set}</span>. It stays on the list, and you can take it back.
            </p>
          </>
        }
      >
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            if (isReady) void run({ set, finding: finding.key, reason: reason.trim(), ...endOf(day) })
          }}
        >
          <NoteField label="Why" hint="Whoever sees it later reads this." required value={reason} onChange={setReason} error={problemOf(error, 'reason')} />
          <Field
            label="Until"
            optional
            hint="After that day it counts as drift again. Empty: until it is taken back."
            error={problem ?? problemOf(error, 'until')}
          >
            {(control) => <Input {...control} type="date" className="w-44" value={day} onChange={(event) => setDay(event.target.value)} />}
          </Field>
          <ErrorNote error={error} />
          <FormActions busy={busy} disabled={!isReady}>
            Accept it
          </FormActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}

const endOf = (day: string): { readonly until?: string } => {
  const until = untilOf(day)
  return until === undefined ? {} : { until }
}
