'use client'

import { useSyncExternalStore } from 'react'
import { RelativeTime } from '@/components/ui/relative-time'
import { CommandLine } from '@/components/ui/command-line'

export type OneTimeLink = { readonly email: string; readonly token: string; readonly expiresAt: string }

const neverChanges = (): (() => void) => () => {}

/** The link at this console's own address. It is kept nowhere: once this is closed nobody can see it again. */
export function LinkOnce({ email, token, expiresAt }: OneTimeLink) {
  const origin = useSyncExternalStore(
    neverChanges,
    () => window.location.origin,
    () => '',
  )
  return (
    <div className="flex flex-col gap-3 text-sm">
      <p>
        Send this link to <strong>{email}</strong>. It is shown only now, works once and ends <RelativeTime at={expiresAt} />.
      </p>
      <CommandLine>{`${origin}/welcome?token=${token}`}</CommandLine>
    </div>
  )
}
