'use client'

import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions, DialogClose, DialogContent, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { databaseKeys } from '@/lib/client/queries/databases'
import { problemOf, useCommand } from '@/lib/client/use-command'
import type { DatabaseRow } from '@/lib/tenancy/contract'
import { AddressFields, addressInput, AddressNote, type Addresses } from './address-fields'
import type { DatabaseActions } from './database-actions'
import { budgetProblem, removalProblem, serverUse } from './database-model'

type Props = { readonly row: DatabaseRow; readonly actions: DatabaseActions; readonly onClose: () => void }

/** Closes the dialog, says what was done and has the list read again. */
export const useDone = (onClose: () => void): ((sentence: string) => void) => {
  const client = useQueryClient()
  return (sentence) => {
    toast.success(sentence)
    void client.invalidateQueries({ queryKey: databaseKeys.all })
    onClose()
  }
}

export function BudgetDialog({ row, actions, onClose, sharing }: Props & { readonly sharing: readonly string[] }) {
  const [budget, setBudget] = useState(String(row.budget))
  const done = useDone(onClose)
  const change = useCommand(actions.setBudget, () => done(`The budget of ${row.server} is ${budget} connections.`))
  const problem = budgetProblem(budget, row.maxConnections)
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title={`Change the budget of ${row.name}`}
        description={`How many connections Tenantry may hold on its server at once; ${serverUse(row)}.${sharing.length === 0 ? '' : ` The server is shared with ${sharing.join(', ')}: the budget holds for all.`}`}
      >
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            if (problem === null) void change.run({ name: row.name, budget: Number(budget) })
          }}
        >
          <Field label="Connections" error={problem ?? problemOf(change.error, 'budget')} hint="A run that is under way follows within seconds.">
            {(control) => (
              <Input {...control} required inputMode="numeric" autoComplete="off" value={budget} onChange={(event) => setBudget(event.target.value)} />
            )}
          </Field>
          <ErrorNote error={change.error} />
          <FormActions busy={change.busy} disabled={problem !== null}>
            Change the budget
          </FormActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}

export function AddressDialog({ row, actions, onClose }: Props) {
  const [addresses, setAddresses] = useState<Addresses>({ url: '', directUrl: '' })
  const done = useDone(onClose)
  const change = useCommand(actions.changeUrl, () => done(`${row.name} is reached at its new address.`))
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        width="md"
        title={`Change the address of ${row.name}`}
        description={`Another host, user or password for the same database, now at ${row.host}:${row.port}${row.pooler === null ? '' : `, and through a pooler at ${row.pooler.host}:${row.pooler.port}`}. It is tested before it is saved; what runs now keeps its connections.`}
      >
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            void change.run({ name: row.name, ...addressInput(addresses) })
          }}
        >
          <AddressFields
            value={addresses}
            onChange={setAddresses}
            error={change.error}
            placeholder={`postgres://user:password@${row.pooler?.host ?? row.host}:${row.pooler?.port ?? row.port}/${row.dbname}`}
            directPlaceholder={`postgres://user:password@${row.host}:${row.port}/${row.dbname}`}
          />
          {row.pooler !== null && addresses.directUrl.trim() === '' ? (
            <p role="status" className="text-xs text-behind-ink">
              Without a direct address the pooler at {row.pooler.host}:{row.pooler.port} is forgotten, and not looked at any more.
            </p>
          ) : null}
          <AddressNote error={change.error} />
          <FormActions busy={change.busy}>Test and save</FormActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}

export function RemoveDialog({ row, actions, onClose }: Props) {
  const done = useDone(onClose)
  const remove = useCommand(actions.remove, () => done(`${row.name} is removed from the console.`))
  const problem = removalProblem(row)
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title={problem === null ? `Remove ${row.name}?` : `${row.name} can’t be removed now`}
        description={problem ?? 'The console forgets the database and its connection string. Nothing in the database itself is touched.'}
      >
        <ErrorNote error={remove.error} />
        <DialogActions>
          <DialogClose asChild>
            <Button>{problem === null ? 'Keep it' : 'Close'}</Button>
          </DialogClose>
          {problem === null ? (
            <Button variant="danger" busy={remove.busy} onClick={() => void remove.run({ name: row.name })}>
              Remove it
            </Button>
          ) : null}
        </DialogActions>
      </DialogContent>
    </Dialog>
  )
}
