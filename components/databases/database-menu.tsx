'use client'

import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from '@/components/ui/menu'
import type { DatabaseRow } from '@/lib/tenancy/contract'
import type { DatabaseActions } from './database-actions'
import { AddressDialog, BudgetDialog, RemoveDialog } from './database-dialogs'
import { NotesDialog } from './notes-dialog'

type Props = {
  readonly row: DatabaseRow
  readonly actions: DatabaseActions
  /** Other databases on the same server, whose budget it shares. */
  readonly sharing: readonly string[]
}

type Deed = 'budget' | 'address' | 'notes' | 'remove'

export function DatabaseMenu({ row, actions, sharing }: Props) {
  const [deed, setDeed] = useState<Deed | null>(null)
  const close = (): void => setDeed(null)
  return (
    <>
      <Menu>
        <MenuTrigger asChild>
          <Button variant="ghost" size="icon-sm" aria-label={`Actions for ${row.name}`}>
            <Ellipsis aria-hidden />
          </Button>
        </MenuTrigger>
        <MenuContent>
          <MenuItem onSelect={() => setDeed('budget')}>Change the budget…</MenuItem>
          <MenuItem onSelect={() => setDeed('address')}>Change the address…</MenuItem>
          <MenuItem onSelect={() => setDeed('notes')}>{row.notes === null ? 'Note changes from outside…' : 'Stop noting changes…'}</MenuItem>
          <MenuSeparator />
          <MenuItem danger onSelect={() => setDeed('remove')}>
            Remove…
          </MenuItem>
        </MenuContent>
      </Menu>
      {deed === 'budget' ? <BudgetDialog row={row} actions={actions} sharing={sharing} onClose={close} /> : null}
      {deed === 'address' ? <AddressDialog row={row} actions={actions} onClose={close} /> : null}
      {deed === 'notes' ? <NotesDialog row={row} actions={actions} onClose={close} /> : null}
      {deed === 'remove' ? <RemoveDialog row={row} actions={actions} onClose={close} /> : null}
    </>
  )
}
