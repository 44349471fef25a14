'use client'

import { useState } from 'react'
import type { ButtonVariant } from '@/components/ui/button'
import { Dialog, DialogContent, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
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
            onConfirm(reason.trim())
          }}
        >
          <Field label="Why" optional hint="Stands in the audit trail.">
            {(control) => <Input {...control} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} autoComplete="off" />}
          </Field>
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
