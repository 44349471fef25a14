'use client'

import { toast } from 'sonner'
import { Dialog, DialogContent, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { useCommand } from '@/lib/client/use-command'
import { useDriftChange } from '@/lib/client/use-drift-change'
import type { Acceptance } from '@/lib/tenancy/contract'
import type { ShapeActions } from './drift-actions'

type Props = {
  readonly set: string
  readonly acceptance: Acceptance
  readonly endAcceptance: ShapeActions['endAcceptance']
  readonly onClose: () => void
}

/** That one difference counts again: says in how much before it does. */
export function TakeBackDialog({ set, acceptance, endAcceptance, onClose }: Props) {
  const changed = useDriftChange()
  const { run, busy, error } = useCommand(endAcceptance, () => {
    toast.success('It counts as drift again.', { description: acceptance.sentence })
    changed()
    onClose()
  })
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title="Take this acceptance back?"
        description={
          <>
            <p className="break-words text-ink">{acceptance.sentence}</p>
            <p className="mt-1">
              It counts as drift again in every tenant of <span className="mono">{set}</span> that has it, and repairs take it up. No tenant is changed by this.{' '}
              {acceptance.by} accepted it: “{acceptance.reason}”
            </p>
          </>
        }
      >
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            void run({ acceptance: acceptance.id })
          }}
        >
          <ErrorNote error={error} />
          <FormActions busy={busy}>Take it back</FormActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}
