'use client'

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { RelativeTime } from '@/components/ui/relative-time'
import { Sheet, SheetContent } from '@/components/ui/sheet'
import { SkeletonRows } from '@/components/ui/skeleton'
import { SqlView } from '@/components/ui/sql-view'
import { describeReadError } from '@/lib/client/fetch-json'
import { reportQueries } from '@/lib/client/queries/reports'
import type { ReportEdit, SavedReport } from '@/lib/tenancy/contract'

type Props = { readonly saved: SavedReport; readonly busy: boolean; readonly onRestore: (edit: number) => void; readonly onClose: () => void }

const whatChanged = (edit: ReportEdit, before: ReportEdit | undefined): string => {
  if (edit.restored !== null) return `brought edit ${edit.restored} back`
  if (before === undefined) return 'saved it first'
  const { content } = edit
  const parts = [
    content.sql === before.content.sql && content.set === before.content.set ? '' : 'the text',
    content.combine === before.content.combine ? '' : 'what is made of the rows',
    JSON.stringify(content.chart) === JSON.stringify(before.content.chart) ? '' : 'the chart',
    JSON.stringify(content.params) === JSON.stringify(before.content.params) ? '' : 'values',
    JSON.stringify(content.selection) === JSON.stringify(before.content.selection) ? '' : 'the tenants',
    content.missing === before.content.missing ? '' : 'what becomes of tenants that lack something',
    content.name === before.content.name && content.description === before.content.description ? '' : 'its name',
    JSON.stringify([content.runnableBy, content.changeableBy]) === JSON.stringify([before.content.runnableBy, before.content.changeableBy])
      ? ''
      : 'who may what',
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'changed nothing' : `changed ${parts.join(', ')}`
}

/** Every edit of a report, the newest first, and the way back to one. */
export function HistoryPanel({ saved, busy, onRestore, onClose }: Props) {
  const { data, error, refetch } = useQuery(reportQueries.history(saved.id))
  const [shown, setShown] = useState<number | null>(null)
  return (
    <Sheet open onOpenChange={(open) => (open ? undefined : onClose())}>
      <SheetContent title={`Edits of ${saved.name}`}>
        {error && !data ? <ErrorState {...describeReadError(error)} retry={() => void refetch()} /> : null}
        {data === undefined ? (
          <SkeletonRows rows={4} />
        ) : (
          <ol className="flex flex-col">
            {data.map((edit, index) => (
              <li key={edit.revision} className="flex flex-col gap-2 border-b border-line px-4 py-3 text-sm">
                <div className="flex items-center gap-3">
                  <p className="min-w-0 flex-1">
                    <span className="mono text-muted">{edit.revision}</span> <span className="font-medium">{edit.by}</span> {whatChanged(edit, data[index + 1])}
                    , <RelativeTime at={edit.at} />
                  </p>
                  <Button
                    size="sm"
                    variant="ghost"
                    aria-expanded={shown === edit.revision}
                    onClick={() => setShown(shown === edit.revision ? null : edit.revision)}
                  >
                    {shown === edit.revision ? 'Hide' : 'Show'}
                  </Button>
                  {saved.mayChange && edit.revision !== saved.revision ? (
                    <Button size="sm" busy={busy} onClick={() => onRestore(edit.revision)}>
                      Bring back
                    </Button>
                  ) : null}
                </div>
                {shown === edit.revision ? <SqlView sql={edit.content.sql} label={`SQL of edit ${edit.revision}`} /> : null}
              </li>
            ))}
          </ol>
        )}
      </SheetContent>
    </Sheet>
  )
}
