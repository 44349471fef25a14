'use client'

import { cn } from '@/components/ui/class-names'
import { useFleetStream } from '@/lib/client/fleet-stream'
import type { StreamStatus } from '@/lib/client/use-event-stream'

const looks: Readonly<Record<StreamStatus, { readonly label: string; readonly title: string; readonly dot: string }>> = {
  connecting: { label: 'Connecting', title: 'The live connection is being opened.', dot: 'bg-quiet' },
  live: { label: 'Live', title: 'What you see is kept up to date.', dot: 'bg-good' },
  lost: { label: 'Not live', title: 'The live connection is lost; it is being opened again. What you see may be out of date.', dot: 'bg-bad' },
}

/** Whether what is on the screen is kept up to date. */
export function LiveMark() {
  const { status } = useFleetStream()
  const look = looks[status]
  return (
    <span role="status" title={look.title} className="inline-flex items-center gap-1.5 px-1 text-xs text-muted">
      <span aria-hidden className={cn('size-1.5 rounded-full', look.dot)} />
      <span className="max-sm:sr-only">{look.label}</span>
    </span>
  )
}
