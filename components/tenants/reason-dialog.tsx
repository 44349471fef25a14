'use client'

import { useState } from 'react'
import type { ButtonVariant } from '@/components/ui/button'
import { Dialog, DialogContent, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { NoteField } from '@/components/ui/note-field'
import { longestNote, tooLong } from '@/components/ui/too-long'
import type { ErrorDocument } from '@/lib/tenancy/contract'

type Props = {
  readonly title: string
  readonly description: string
  readonly button: string
  readonly variant: ButtonVariant
  readonly busy: boolean
  readonly error: ErrorDocument | null
  readonly onConfirm: (reason: string) => void
  readonly onClose: () => void
}

/** Says what will happen to how many, asks why, does it. */
export function ReasonDialog({ title, description, button, variant, busy, error, onConfirm, onClose }: Props) {
  const [reason, setReason] = useState('')
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title={title} description={description}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (tooLong(reason, longestNote) === null) onConfirm(reason.trim())
          }}
        >
          <NoteField label="Why" hint="Stands in the audit trail." isLine value={reason} onChange={setReason} />
          <div className="mt-3">
            <ErrorNote error={error} />
          </div>
          <FormActions className="mt-5" variant={variant} busy={busy}>
            {button}
          </FormActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}
