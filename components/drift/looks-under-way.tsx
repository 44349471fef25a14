'use client'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { LoaderCircle } from 'lucide-react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { RelativeTime } from '@/components/ui/relative-time'
import { driftKeys } from '@/lib/client/keys'
import { driftQueries } from '@/lib/client/queries/drift'
import { useToastedCommand } from '@/lib/client/use-toasted-command'
import type { LookView } from '@/lib/tenancy/contract'
import type { CancelLook } from './drift-actions'
import { lookSentence } from './look-model'

/** The event stream tells of ends; that one has begun is worth a question now and then. */
const askEveryMs = 3_000

/** Looks at structures that wait or are under way, each with the way to stop it. @param cancel null for those who may not */
export function LooksUnderWay({ cancel }: { readonly cancel: CancelLook | null }) {
  const { data } = useQuery({ ...driftQueries.looks, refetchInterval: ({ state }) => ((state.data?.length ?? 0) > 0 ? askEveryMs : false) })
  const looks = (data ?? []).filter(({ structure }) => structure)
  if (looks.length === 0) return null
  return (
    <ul aria-label="Looks under way" className="rounded-lg border border-line bg-surface">
      {looks.map((look) => (
        <Look key={look.id} look={look} cancel={cancel} />
      ))}
    </ul>
  )
}

function Look({ look, cancel }: { readonly look: LookView; readonly cancel: CancelLook | null }) {
  return (
    <li className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5 text-sm last:border-0">
      <LoaderCircle aria-hidden className="size-3.5 shrink-0 text-muted" />
      <span className="min-w-0 flex-1 break-words">
        {lookSentence(look)} <RelativeTime at={look.since} />.
      </span>
      {cancel === null ? null : <StopLook look={look} cancel={cancel} />}
    </li>
  )
}

function StopLook({ look, cancel }: { readonly look: LookView; readonly cancel: CancelLook }) {
  const client = useQueryClient()
  const { send, busy } = useToastedCommand(cancel, {
    onDone: () => {
      toast.success('The look was stopped.', { description: 'What it had seen whole stays; the rest is as it was last seen.' })
      void client.invalidateQueries({ queryKey: driftKeys.looks })
    },
  })
  return (
    <Button size="sm" busy={busy} onClick={() => send({ look: look.id })}>
      Stop
    </Button>
  )
}
