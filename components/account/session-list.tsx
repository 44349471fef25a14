'use client'

import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { ErrorNote } from '@/components/ui/error-note'
import { Panel } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { useCommand } from '@/lib/client/use-command'
import type { CommandResult, SessionRow } from '@/lib/tenancy/contract'
import { deviceOf, placeOf } from './account-model'

type Props = {
  readonly sessions: readonly SessionRow[]
  /** The session of this browser. */
  readonly current: string
  readonly endSession: (input: { session: string }) => Promise<CommandResult<void>>
  readonly signOutEverywhere: (input: Record<string, never>) => Promise<CommandResult<{ readonly ended: number }>>
}

export function SessionList({ sessions, current, endSession, signOutEverywhere }: Props) {
  const end = useCommand(endSession)
  const all = useCommand(signOutEverywhere)
  return (
    <Panel
      title={sessions.length === 1 ? '1 session' : `${sessions.length} sessions`}
      actions={
        <Button size="sm" variant="danger" disabled={sessions.length < 2} busy={all.busy} onClick={() => void all.run({})}>
          Sign out everywhere else
        </Button>
      }
    >
      <ul>
        {sessions.map((session) => (
          <li key={session.id} className="flex min-h-11 items-center gap-3 border-b border-line px-4 py-1 text-sm last:border-0">
            <div className="min-w-0 flex-1">
              <span className="font-medium">{deviceOf(session.userAgent)}</span>
              {session.id === current ? (
                <Badge tone="good" className="ml-2">
                  this one
                </Badge>
              ) : null}
              <p className="truncate text-xs text-muted">
                {session.client ? `from ${placeOf(session.client)}, ` : ''}started <RelativeTime at={session.createdAt} />
              </p>
            </div>
            {session.id === current ? null : (
              <Button size="sm" busy={end.busy} onClick={() => void end.run({ session: session.id })}>
                End
              </Button>
            )}
          </li>
        ))}
      </ul>
      {(end.error ?? all.error) ? (
        <div className="p-3">
          <ErrorNote error={end.error ?? all.error} />
        </div>
      ) : null}
    </Panel>
  )
}
