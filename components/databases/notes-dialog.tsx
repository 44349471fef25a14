'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions, DialogClose, DialogContent } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { useCommand } from '@/lib/client/use-command'
import type { DatabaseRow } from '@/lib/tenancy/contract'
import type { DatabaseActions } from './database-actions'
import { useDone } from './database-dialogs'

type Props = { readonly row: DatabaseRow; readonly actions: DatabaseActions; readonly onClose: () => void }

/** Says what is put into the database, or taken out of it, before it is. */
export function NotesDialog({ row, actions, onClose }: Props) {
  // The list may be read again before the dialog has closed.
  const [on] = useState(row.notes === null)
  const done = useDone(onClose)
  const change = useCommand(actions.setNotes, () =>
    done(on ? `${row.name} notes changes from outside of Tenantry.` : `${row.name} notes no changes any more; nothing of it is left there.`),
  )
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        width="md"
        title={on ? `Note changes from outside in ${row.name}?` : `Stop noting changes in ${row.name}?`}
        description={
          on
            ? 'Who changes a tenant’s structure by hand is told within half a minute, with what it was about, and the tenant is looked at.'
            : 'Schema, table, function and event triggers are dropped. What was told before stays here.'
        }
      >
        {on ? (
          <ul className="list-disc pl-5 text-muted">
            <li>
              A schema <span className="mono">tenantry_notes_…</span> is made, with a table and a function that nobody else may use, and two event triggers.
            </li>
            <li>
              Each DDL statement in a tenant’s schema leaves a row: when, user, application, address, command and object; never its text. The newest 10,000 stay
              until they are read.
            </li>
            <li>Nobody’s statement fails by it. Tenantry’s own leave no row; GRANT and REVOKE leave none, as PostgreSQL does not say what they are about.</li>
            <li>It takes a superuser, or a hosting service’s administrators’ account.</li>
          </ul>
        ) : null}
        <ErrorNote error={change.error} />
        <DialogActions>
          <DialogClose asChild>
            <Button>{on ? 'Cancel' : 'Keep it'}</Button>
          </DialogClose>
          <Button variant={on ? 'primary' : 'danger'} busy={change.busy} onClick={() => void change.run({ name: row.name, on })}>
            {on ? 'Note changes' : 'Stop noting changes'}
          </Button>
        </DialogActions>
      </DialogContent>
    </Dialog>
  )
}
