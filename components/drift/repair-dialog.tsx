'use client'

import { Wrench } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Dialog, DialogContent, DialogTrigger, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { NoteField } from '@/components/ui/note-field'
import { longestNote, tooLong } from '@/components/ui/too-long'
import { problemOf, useCommand } from '@/lib/client/use-command'
import { plural } from '@/lib/format'
import type { ShapeRepair } from '@/lib/tenancy/contract'
import type { RepairActions } from './drift-actions'
import { repairConsequences } from './shape-model'

type Props = { readonly set: string; readonly shape: string; readonly repair: ShapeRepair; readonly start: RepairActions['start'] }

/** All tenants of the shape: says what will happen to how many before it starts the run. */
export function RepairDialog(props: Props) {
  const [open, setOpen] = useState(false)
  const { targets } = props.repair
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary" disabled={targets === 0}>
          <Wrench aria-hidden />
          {targets === 1 ? 'Repair its tenant…' : `Repair these ${plural(targets, 'tenant')}…`}
        </Button>
      </DialogTrigger>
      <DialogContent
        title={`Repair ${plural(targets, 'tenant')}?`}
        description={
          <ul className="flex list-disc flex-col gap-1 pl-4">
            {repairConsequences(props.repair).map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        }
      >
        <RepairForm {...props} />
      </DialogContent>
    </Dialog>
  )
}

function RepairForm({ set, shape, repair, start }: Props) {
  const router = useRouter()
  const [tolerance, setTolerance] = useState('0')
  const [note, setNote] = useState('')
  const { run, busy, error } = useCommand(start, ({ run: id }) => router.push(`/runs/${id}`))
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (tooLong(note, longestNote) !== null) return
        void run({ set, shape, note: note.trim(), digest: repair.digest, ...(tolerance.trim() === '' ? {} : { failureTolerance: tolerance.trim() }) })
      }}
    >
      <Field
        label="Failures tolerated"
        optional
        error={problemOf(error, 'failureTolerance')}
        hint="Pauses by itself when more have failed; empty: goes on with the others."
      >
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            className="w-32"
            placeholder="5 or 10%"
            value={tolerance}
            onChange={(event) => setTolerance(event.target.value)}
          />
        )}
      </Field>
      <NoteField label="Why" hint="Stands on the run’s page and in the audit." value={note} onChange={setNote} error={problemOf(error, 'note')} />
      <ErrorNote error={error} />
      <FormActions busy={busy}>Start the repair</FormActions>
    </form>
  )
}
