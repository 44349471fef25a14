'use client'

import { useState } from 'react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions, DialogClose, DialogContent } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { NoteField } from '@/components/ui/note-field'
import { longestNote, tooLong } from '@/components/ui/too-long'
import { problemOf, useCommand } from '@/lib/client/use-command'
import type { BlockerStop, BlockingSession } from '@/lib/tenancy/contract'
import { stopWords } from './blockers-model'
import type { RunActions } from './run-actions'

type Props = {
  readonly run: number
  readonly slug: string
  readonly stop: BlockerStop
  /** As it was when the dialog was opened: what is stopped is this one, or nothing. */
  readonly session: BlockingSession
  readonly actions: RunActions
  readonly onClose: () => void
  readonly onDone: () => void
}

/** Ends somebody's query or session: says what that does to them, asks why, does it. */
export function StopBlockerDialog({ run, slug, stop, session, actions, onClose, onDone }: Props) {
  const [reason, setReason] = useState('')
  const words = stopWords(stop, session)
  const command = useCommand(stop === 'cancel' ? actions.cancelBlocker : actions.terminateBlocker, () => {
    toast.success(words.done)
    onDone()
  })
  const problem = problemOf(command.error, 'reason')
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      {/* The panel behind takes j and k for itself, and what is typed here would reach it. */}
      <DialogContent title={words.title} description={words.body} onKeyDown={(event) => event.stopPropagation()}>
        <form
          className="flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault()
            if (tooLong(reason, longestNote) !== null) return
            void command.run({ run, slug, pid: session.pid, backendStart: session.backendStart ?? '', reason })
          }}
        >
          <NoteField
            label="Why"
            hint="Stands in the audit trail, with what the session was doing."
            required
            value={reason}
            onChange={setReason}
            error={problem}
          />
          {problem === null ? <ErrorNote error={command.error} /> : null}
          <DialogActions className="mt-2">
            <DialogClose asChild>
              <Button>Leave it alone</Button>
            </DialogClose>
            <Button type="submit" variant="danger" busy={command.busy}>
              {words.label}
            </Button>
          </DialogActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}
