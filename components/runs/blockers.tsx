'use client'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { RelativeTime } from '@/components/ui/relative-time'
import { describeReadError } from '@/lib/client/fetch-json'
import { runKeys, runQueries } from '@/lib/client/queries/runs'
import { formatCount } from '@/lib/format'
import { describeLock, may, whyNotStop, type BlockerStop, type BlockingSession, type ItemBlockers, type Role } from '@/lib/tenancy/contract'
import { blockedSentence, blockedTitle, blocksWhom, sessionFacts, sessionName } from './blockers-model'
import type { RunActions } from './run-actions'
import { StopBlockerDialog } from './stop-blocker-dialog'

type Props = { readonly run: number; readonly isOpen: boolean; readonly slug: string; readonly role: Role; readonly actions: RunActions }
type Asked = { readonly stop: BlockerStop; readonly session: BlockingSession }

/** Who is in the way of the item, looked at every two seconds while this is open, and every fifteen once its run is over; nothing while nobody is. */
export function Blockers({ run, isOpen, slug, role, actions }: Props) {
  const client = useQueryClient()
  const { data, error } = useQuery(runQueries.blockers(run, slug, isOpen))
  const [asked, setAsked] = useState<Asked | null>(null)
  const close = (): void => setAsked(null)
  const onDone = (): void => {
    close()
    void client.invalidateQueries({ queryKey: runKeys.blockers(run, slug) })
  }
  return (
    <>
      {error ? <ErrorState compact {...describeReadError(error)} /> : null}
      {data === undefined ? null : <Found found={data} role={role} onStop={setAsked} />}
      {/* Stands whatever the looks behind it say meanwhile: somebody is writing in it. */}
      {asked === null ? null : <StopBlockerDialog run={run} slug={slug} {...asked} actions={actions} onClose={close} onDone={onDone} />}
    </>
  )
}

function Found({ found, role, onStop }: { readonly found: ItemBlockers; readonly role: Role; readonly onStop: (asked: Asked) => void }) {
  const { standing, sessions, total, problem } = found
  if (problem !== null) return <ErrorState compact title="Who blocks it could not be seen." hint={problem} />
  if (standing === 'free') return null
  return (
    <section aria-label="Blocked by" className="flex flex-col gap-2">
      <h3 className="flex flex-wrap items-baseline gap-x-2 text-sm font-semibold">
        {blockedTitle(found)}
        <span className="text-xs font-normal text-faint">
          seen <RelativeTime at={found.readAt} />
        </span>
      </h3>
      <p className="text-muted">{blockedSentence(found)}</p>
      <ol className="flex flex-col gap-3">
        {sessions.map((session) => (
          <Session
            key={`${session.pid} ${session.backendStart}`}
            session={session}
            whom={standing === 'waits' || session.depth > 0 ? blocksWhom(session, sessions) : 'holds locks here'}
            role={role}
            onStop={(stop) => onStop({ stop, session })}
          />
        ))}
      </ol>
      {total > sessions.length ? <p className="text-muted">and {formatCount(total - sessions.length)} more</p> : null}
      {may(role, 'rows.read') ? null : <p className="text-xs text-muted">What they run, as whom and from where is for operators and admins.</p>}
    </section>
  )
}

type SessionProps = { readonly session: BlockingSession; readonly whom: string; readonly role: Role; readonly onStop: (stop: BlockerStop) => void }

const stopLabels: Readonly<Record<BlockerStop, string>> = { cancel: 'Cancel query', terminate: 'Terminate' }
const permissionOf = { cancel: 'sessions.cancel', terminate: 'sessions.terminate' } as const

function Session({ session, whom, role, onStop }: SessionProps) {
  const allowed = (['cancel', 'terminate'] as const).filter((stop) => may(role, permissionOf[stop]))
  const offered = allowed.filter((stop) => whyNotStop(session, stop) === null)
  const why = allowed.length > 0 ? whyNotStop(session, offered.length === 0 ? 'terminate' : 'cancel') : null
  return (
    <li className="flex flex-col gap-1.5 border-t border-line pt-3">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        {session.pid === 0 ? null : <span className="mono">{session.pid}</span>}
        <span className="mono min-w-0 font-medium break-all">{sessionName(session)}</span>
        {session.state === null ? null : <Badge>{session.state}</Badge>}
        <span className="text-muted">{whom}</span>
        <span className="ml-auto flex gap-2">
          {offered.map((stop) => (
            <Button key={stop} size="sm" variant="danger" onClick={() => onStop(stop)} aria-label={`${stopLabels[stop]}, session ${session.pid}`}>
              {stopLabels[stop]}
            </Button>
          ))}
        </span>
      </div>
      <p className="text-xs text-muted">{sessionFacts(session).join(' · ')}</p>
      {session.holds.length === 0 ? null : (
        <p className="text-xs text-muted">
          holds <span className="mono">{session.holds.map(describeLock).join(', ')}</span>
        </p>
      )}
      {session.query === null ? null : (
        <pre
          className="max-h-32 overflow-y-auto rounded-md border border-line bg-sunken px-3 py-2 font-mono text-xs break-words whitespace-pre-wrap"
          tabIndex={0}
          aria-label={`Query of session ${session.pid}`}
        >
          {session.query}
        </pre>
      )}
      {why === null ? null : <p className="text-xs text-muted">{why}</p>}
    </li>
  )
}
