'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions, DialogClose, DialogContent } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { useCommand } from '@/lib/client/use-command'
import type { CommandResult, Selection } from '@/lib/tenancy/contract'
import { changeWords, type StateChange } from './change-model'

export type ChangeTenants = (input: { readonly selection: Selection; readonly reason: string }) => Promise<CommandResult<{ readonly changed: number }>>

type Props = {
  readonly change: StateChange
  readonly selection: Selection
  /** How many are chosen; shown before anything happens. */
  readonly count: number
  readonly perform: ChangeTenants
  readonly onClose: () => void
  readonly onDone: (changed: number) => void
}

/** Suspending and activating: says to how many and what follows, asks why, does it. */
export function ChangeDialog({ change, selection, count, perform, onClose, onDone }: Props) {
  const [reason, setReason] = useState('')
  const { run, busy, error } = useCommand(perform, ({ changed }) => onDone(changed))
  const words = changeWords(change, selection, count)
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title={words.title} description={words.description}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void run({ selection, reason: reason.trim() })
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
            <Button type="submit" variant={change === 'suspend' ? 'danger' : 'primary'} busy={busy}>
              {words.button}
            </Button>
          </DialogActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}
