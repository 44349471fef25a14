'use client'

import { LogOut } from 'lucide-react'
import { Button } from '@/components/ui/button'
import { useCommand } from '@/lib/client/use-command'
import type { CommandResult } from '@/lib/tenancy/contract'

export function SignOutButton({ signOut }: { readonly signOut: (input: Record<string, never>) => Promise<CommandResult<void>> }) {
  const { run, busy } = useCommand(signOut, () => window.location.assign('/sign-in'))
  return (
    <Button busy={busy} onClick={() => void run({})}>
      <LogOut aria-hidden />
      Sign out
    </Button>
  )
}
