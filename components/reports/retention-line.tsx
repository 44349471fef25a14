'use client'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { Dialog, DialogContent, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { reportKeys, reportQueries } from '@/lib/client/queries/reports'
import { problemOf, useCommand } from '@/lib/client/use-command'
import { plural } from '@/lib/format'
import type { CommandResult, ReportRetention } from '@/lib/tenancy/contract'

type SetRetention = (input: ReportRetention) => Promise<CommandResult<void>>

/** For how long rows are kept, and the way to another time. */
export function RetentionLine({ set }: { /** Null for those who may only look. */ readonly set: SetRetention | null }) {
  const { data } = useQuery(reportQueries.retention)
  const [isOpen, setOpen] = useState(false)
  if (!data) return null
  return (
    <p className="text-sm text-muted">
      Rows are kept for {plural(data.days, 'day')}, then dropped; figures and what was asked stay.{' '}
      {set === null ? null : (
        <Button variant="ghost" size="sm" onClick={() => setOpen(true)}>
          Change
        </Button>
      )}
      {isOpen && set !== null ? <RetentionDialog days={data.days} set={set} onClose={() => setOpen(false)} /> : null}
    </p>
  )
}

function RetentionDialog({ days: given, set, onClose }: { readonly days: number; readonly set: SetRetention; readonly onClose: () => void }) {
  const client = useQueryClient()
  const [days, setDays] = useState(String(given))
  const change = useCommand(set, () => {
    toast.success(`Rows are kept for ${plural(Number(days), 'day')} from now on.`)
    void client.invalidateQueries({ queryKey: reportKeys.retention })
    onClose()
  })
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title="How long rows are kept"
        description="For reports that begin from now on; those before keep the day that stands beside them. Rows take room in the control database."
      >
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            void change.run({ days: Number(days) })
          }}
        >
          <Field label="Days" hint="From 1 to 365." error={problemOf(change.error, 'days')}>
            {(control) => <Input {...control} required inputMode="numeric" autoComplete="off" value={days} onChange={(event) => setDays(event.target.value)} />}
          </Field>
          <ErrorNote error={change.error} />
          <FormActions busy={change.busy}>Keep them so long</FormActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}
