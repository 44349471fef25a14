'use client'

import { formatLocal, formatRelative, formatUtc } from '@/lib/format'
import { useNow } from './clock'

type Props = { readonly at: string | null; readonly none?: string; readonly className?: string }

/** "3 min ago", ticking, with the exact time on hover. The server draws the exact time; the browser takes over without a mismatch. */
export function RelativeTime({ at, none = '–', className }: Props) {
  const now = useNow()
  if (at === null) return <span className={className}>{none}</span>
  const exact = formatUtc(at)
  return (
    <time dateTime={at} title={now === null ? exact : `${formatLocal(at)} · ${exact}`} className={className}>
      {now === null ? exact.slice(0, 16) : formatRelative(Date.parse(at), now)}
    </time>
  )
}
