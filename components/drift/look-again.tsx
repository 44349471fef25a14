'use client'

import { Eye } from 'lucide-react'
import { toast } from 'sonner'
import type { Observe } from '@/components/tenants/bulk-part'
import { Button } from '@/components/ui/button'
import { useToastedCommand } from '@/lib/client/use-toasted-command'
import { plural } from '@/lib/format'

/** Has the structure of every target compared anew. */
export function LookAgain({ observe, first = false }: { readonly observe: Observe; readonly first?: boolean }) {
  const { send, busy } = useToastedCommand(observe, {
    onDone: ({ databases }) =>
      toast.success(`The structures of ${plural(databases.length, 'database')} will be looked at now.`, {
        description: 'This page follows as soon as they were compared.',
      }),
  })
  return (
    <Button variant={first ? 'primary' : 'secondary'} busy={busy} onClick={() => send({ structure: true })}>
      <Eye aria-hidden />
      {first ? 'Look at all structures' : 'Look again'}
    </Button>
  )
}
