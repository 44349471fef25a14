'use client'

import { useCommand } from '@/lib/client/use-command'
import type { CommandResult, Selection } from '@/lib/tenancy/contract'
import { changeWords, type StateChange } from './change-model'
import { ReasonDialog } from './reason-dialog'

export type ChangeTenants = (input: { readonly selection: Selection; readonly reason: string }) => Promise<CommandResult<{ readonly changed: number }>>

type Props = {
  readonly change: StateChange
  readonly selection: Selection
  /** How many are chosen; shown before anything happens. */
  readonly count: number
  readonly perform: ChangeTenants
  readonly onClose: () => void
  readonly onDone: (changed: number) => void
}

/** Suspending and activating: says to how many and what follows. */
export function ChangeDialog({ change, selection, count, perform, onClose, onDone }: Props) {
  const { run, busy, error } = useCommand(perform, ({ changed }) => onDone(changed))
  const words = changeWords(change, selection, count)
  return (
    <ReasonDialog
      title={words.title}
      description={words.description}
      button={words.button}
      variant={change === 'suspend' ? 'danger' : 'primary'}
      busy={busy}
      error={error}
      onConfirm={(reason) => void run({ selection, reason })}
      onClose={onClose}
    />
  )
}
