'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions, DialogClose, DialogContent } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { NoteField } from '@/components/ui/note-field'
import { longestNote, tooLong } from '@/components/ui/too-long'
import type { RunCommandOffer } from './run-model'

type Props = {
  readonly confirm: NonNullable<RunCommandOffer['confirm']>
  readonly danger: boolean
  readonly busy: boolean
  readonly error: React.ComponentProps<typeof ErrorNote>['error']
  readonly onConfirm: (note: string) => void
  readonly onClose: () => void
}

/** Says what a command of a run will do, asks why where that is kept, does it. */
export function ConfirmDialog({ confirm, danger, busy, error, onConfirm, onClose }: Props) {
  const [note, setNote] = useState('')
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      {/* A panel behind may take letters for itself, and what is typed here would reach it. */}
      <DialogContent title={confirm.title} description={confirm.body} onKeyDown={(event) => event.stopPropagation()}>
        <form
          className="flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault()
            if (tooLong(note, longestNote) === null) onConfirm(note)
          }}
        >
          {confirm.asksNote ? <NoteField label="Why" hint="Stands on the run’s page and in the audit." value={note} onChange={setNote} /> : null}
          <ErrorNote error={error} />
          <DialogActions className="mt-2">
            <DialogClose asChild>
              <Button>Keep it as it is</Button>
            </DialogClose>
            <Button type="submit" variant={danger ? 'danger' : 'primary'} busy={busy}>
              {confirm.label}
            </Button>
          </DialogActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}
