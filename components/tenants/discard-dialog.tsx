'use client'

import { toast } from 'sonner'
import { useCommand } from '@/lib/client/use-command'
import type { CommandResult } from '@/lib/tenancy/contract'
import { ReasonDialog } from './reason-dialog'

export type DiscardTenant = (input: { readonly slug: string; readonly reason: string }) => Promise<CommandResult<void>>

type Props = { readonly slug: string; readonly discard: DiscardTenant; readonly onClose: () => void; readonly onDone: () => void }

/** Lets go of a tenant that was never built: says what goes and what stays. */
export function DiscardDialog({ slug, discard, onClose, onDone }: Props) {
  const { run, busy, error } = useCommand(discard, () => {
    toast.success(`“${slug}” is discarded; its slug is free again.`)
    onDone()
  })
  return (
    <ReasonDialog
      title={`Discard “${slug}”`}
      description="The console forgets this tenant, and its slug is free again. Past runs and the audit keep telling of it. The server is asked first: if the tenant’s schema is there with a history, nothing is done."
      button={`Discard “${slug}”`}
      variant="danger"
      busy={busy}
      error={error}
      onConfirm={(reason) => void run({ slug, reason })}
      onClose={onClose}
    />
  )
}
