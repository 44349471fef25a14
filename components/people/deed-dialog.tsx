'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions, DialogClose, DialogContent } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { useCommand } from '@/lib/client/use-command'
import type { CommandResult } from '@/lib/tenancy/contract'
import { LinkOnce, type OneTimeLink } from './link-once'
import { deedWords, type Deed } from './people-model'
import { roleWords } from './role-words'

type Link = { readonly token: string; readonly expiresAt: string }
type Props = {
  readonly deed: Deed
  readonly perform: (deed: Deed) => Promise<CommandResult<Link | void>>
  readonly onClose: () => void
}

/** Says what will happen to whom, does it, and for a new link shows it once. */
export function DeedDialog({ deed, perform, onClose }: Props) {
  const [link, setLink] = useState<OneTimeLink | null>(null)
  const { run, busy, error } = useCommand(perform, (made) => (made ? setLink({ ...made, email: deed.person.email }) : onClose()))
  const words = deedWords(deed, (role) => roleWords[role].label)
  return (
    <Dialog open onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}>
      {link ? (
        <DialogContent title="The new link">
          <LinkOnce {...link} />
          <DialogActions>
            <DialogClose asChild>
              <Button variant="primary">Done</Button>
            </DialogClose>
          </DialogActions>
        </DialogContent>
      ) : (
        <DialogContent title={words.title} description={words.description}>
          <ErrorNote error={error} />
          <DialogActions>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button variant={words.isDanger ? 'danger' : 'primary'} busy={busy} onClick={() => void run(deed)}>
              {words.button}
            </Button>
          </DialogActions>
        </DialogContent>
      )}
    </Dialog>
  )
}
