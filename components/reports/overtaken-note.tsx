import { GitMerge } from 'lucide-react'
import { Button } from '@/components/ui/button'
import type { SavedReport } from '@/lib/tenancy/contract'

type Props = {
  readonly saved: SavedReport
  /** The edit that the draft was begun on. */
  readonly begunOn: number
  readonly busy: boolean
  readonly onSave: () => void
  readonly onTake: () => void
}

/** Two people have written at once: the second one decides, with nothing lost before. */
export function OvertakenNote({ saved, begunOn, busy, onSave, onTake }: Props) {
  const { revision, updatedBy, mayChange } = saved
  return (
    <section aria-label="Saved meanwhile" className="flex flex-wrap items-center gap-3 rounded-lg border border-line bg-behind-soft px-3 py-2 text-sm">
      <GitMerge aria-hidden className="size-4 shrink-0 text-behind-ink" />
      <div role="status" className="min-w-0 flex-1 basis-64">
        <p className="font-medium break-words">
          {updatedBy} saved edit {revision}; your text was begun on edit {begunOn}.
        </p>
        <p className="mt-0.5 text-muted">Yours is kept here, also over a reload. What was changed stands under Edits.</p>
      </div>
      <div className="flex flex-wrap gap-2">
        <Button size="sm" onClick={onTake}>
          Drop mine, take edit {revision}
        </Button>
        {mayChange ? (
          <Button size="sm" busy={busy} onClick={onSave}>
            Save mine on top
          </Button>
        ) : null}
      </div>
    </section>
  )
}
