'use client'

import { useRouter } from 'next/navigation'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions, DialogClose, DialogContent } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { useCommand } from '@/lib/client/use-command'
import type { ErrorDocument, SavedReport, SavedReportContent } from '@/lib/tenancy/contract'
import { DetailsDialog } from './details-dialog'
import { HistoryPanel } from './history-panel'
import type { SavedReportActions } from './report-actions'
import { detailsOf, type Details } from './saved-model'

export type OpenDialog = 'details' | 'copy' | 'history' | 'remove' | null

type Props = {
  readonly saved: SavedReport
  /** What would be saved now. */
  readonly content: SavedReportContent
  readonly actions: SavedReportActions
  readonly open: OpenDialog
  readonly change: { readonly busy: boolean; readonly error: ErrorDocument | null }
  readonly onSave: (details: Details) => void
  readonly onRestored: () => void
  readonly onRefused: (error: ErrorDocument) => void
  readonly onClose: () => void
}

/** Whatever of a saved report asks something before it is done. */
export function SavedDialogs({ saved, content, actions, open, change, onSave, onRestored, onRefused, onClose }: Props) {
  const router = useRouter()
  const restore = useCommand(actions.restore, onRestored, onRefused)
  const create = useCommand(actions.create, ({ id }) => router.push(`/reports/${id}`))
  const remove = useCommand(actions.remove, () => {
    toast.success(`${saved.name} is deleted. Its runs stay.`)
    router.push('/reports')
  })
  return (
    <>
      {open === 'history' ? (
        <HistoryPanel
          saved={saved}
          busy={restore.busy}
          onRestore={(edit) => void restore.run({ report: saved.id, revision: saved.revision, edit })}
          onClose={() => onClose()}
        />
      ) : null}
      {open === 'details' ? (
        <DetailsDialog
          title="Name and rights"
          submit="Save"
          given={detailsOf(saved)}
          mayShare={saved.mayShare}
          busy={change.busy}
          error={change.error}
          onSubmit={onSave}
          onClose={() => onClose()}
        />
      ) : null}
      {open === 'copy' ? (
        <DetailsDialog
          title="Save as another report"
          submit="Save it"
          given={{ ...detailsOf(saved), name: `${saved.name}, copy` }}
          mayShare
          busy={create.busy}
          error={create.error}
          onSubmit={(details) => void create.run({ ...content, ...details, runnableBy: [...details.runnableBy] })}
          onClose={() => onClose()}
        />
      ) : null}
      {open === 'remove' ? (
        <Dialog open onOpenChange={(stays) => (stays ? undefined : onClose())}>
          <DialogContent title={`Delete ${saved.name}?`} description="Its text, its edits and its schedule go. Its runs and their rows stay until they expire.">
            <ErrorNote error={remove.error} />
            <DialogActions className="mt-2">
              <DialogClose asChild>
                <Button>Keep it</Button>
              </DialogClose>
              <Button variant="danger" busy={remove.busy} onClick={() => void remove.run({ report: saved.id })}>
                Delete the report
              </Button>
            </DialogActions>
          </DialogContent>
        </Dialog>
      ) : null}
    </>
  )
}
