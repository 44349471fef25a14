'use client'

import { useQueryClient } from '@tanstack/react-query'
import { RefreshCw } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { Dialog, DialogContent, DialogTrigger, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Select } from '@/components/ui/select'
import { setKeys } from '@/lib/client/queries/migrations'
import { problemOf, useCommand } from '@/lib/client/use-command'
import type { CommandResult, SetSummary, SyncResult } from '@/lib/tenancy/contract'
import { findingsOf, syncSentence } from './coverage-model'
import { Findings } from './findings'

export type SyncAction = (input: { name: string; dir?: string; database?: string }) => Promise<CommandResult<SyncResult>>

type Props = {
  readonly sync: SyncAction
  /** Absent: a new set is made. */
  readonly set?: Pick<SetSummary, 'name' | 'directory' | 'defaultDatabase'>
  readonly databases: readonly string[]
}

/** Reads a directory of migration files into a set: a new one, or one that is there again. */
export function SyncSet({ sync, set, databases }: Props) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant={set === undefined ? 'primary' : 'secondary'}>
          <RefreshCw aria-hidden />
          {set === undefined ? 'Add a set' : 'Sync'}
        </Button>
      </DialogTrigger>
      <DialogContent
        width="md"
        title={set === undefined ? 'Add a migration set' : `Read ${set.name} again`}
        description={
          set === undefined
            ? 'The directory is read by this server and checked with PostgreSQL’s own parser. No tenant is touched.'
            : 'New files become pending migrations, nothing is applied. A file that some target has applied may not change.'
        }
      >
        <SyncForm sync={sync} set={set} databases={databases} onDone={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  )
}

function SyncForm({ sync, set, databases, onDone }: Props & { readonly onDone: () => void }) {
  const client = useQueryClient()
  const [name, setName] = useState(set?.name ?? '')
  const [dir, setDir] = useState(set?.directory ?? '')
  const [database, setDatabase] = useState(set?.defaultDatabase ?? (databases.length === 1 ? (databases[0] ?? '') : ''))
  const { run, busy, error } = useCommand(sync, (result) => {
    toast.success(`Set ${result.set} is read: ${syncSentence(result)}`)
    void client.invalidateQueries({ queryKey: setKeys.all })
    onDone()
  })
  const findings = findingsOf(error)
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void run({ name: name.trim(), dir: dir.trim() || undefined, database: database || undefined })
      }}
    >
      {set === undefined ? (
        <Field label="Name" hint="Lower-case letters, digits, - and _, such as app." error={problemOf(error, 'name')}>
          {(control) => <Input {...control} className="mono" required autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
      ) : null}
      <Field label="Directory" hint="On the machine of this console, with files named 0001_create_employees.sql." error={problemOf(error, 'dir')}>
        {(control) => <Input {...control} className="mono" required autoComplete="off" value={dir} onChange={(event) => setDir(event.target.value)} />}
      </Field>
      <Field label="Database for new tenants" optional error={problemOf(error, 'database')}>
        {(control) => (
          <Select {...control} value={database} onChange={(event) => setDatabase(event.target.value)}>
            <option value="">none yet</option>
            {databases.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <ErrorNote error={error} />
      <Findings findings={findings} className="max-h-60 overflow-y-auto" />
      <FormActions busy={busy}>{set === undefined ? 'Read the directory' : 'Read it again'}</FormActions>
    </form>
  )
}
