'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions, DialogClose, DialogContent } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { useCommand } from '@/lib/client/use-command'
import type { CommandResult } from '@/lib/tenancy/contract'

export type DiscardTenant = (input: { readonly slug: string; readonly reason: string }) => Promise<CommandResult<void>>

type Props = { readonly slug: string; readonly discard: DiscardTenant; readonly onClose: () => void; readonly onDone: () => void }

/** Lets go of a tenant that was never built: says what goes and what stays, asks why, does it. */
export function DiscardDialog({ slug, discard, onClose, onDone }: Props) {
  const [reason, setReason] = useState('')
  const { run, busy, error } = useCommand(discard, onDone)
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title={`Discard “${slug}”`}
        description="The console forgets this tenant, and its slug is free again. Past runs and the audit keep telling of it. The server is asked first: if the tenant’s schema is there with a history, nothing is done."
      >
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void run({ slug, reason: reason.trim() })
          }}
        >
          <Field label="Why" optional hint="Stands in the audit trail.">
            {(control) => <Input {...control} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} autoComplete="off" />}
          </Field>
          <div className="mt-3">
            <ErrorNote error={error} />
          </div>
          <DialogActions>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" variant="danger" busy={busy}>
              Discard “{slug}”
            </Button>
          </DialogActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}
