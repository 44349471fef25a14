'use client'

import { CircleAlert } from 'lucide-react'
import { Button } from './button'
import { cn } from './class-names'

type Props = {
  /** What happened. */
  readonly title: string
  /** What to do next. */
  readonly hint?: string | null
  readonly retry?: (() => void) | undefined
  readonly compact?: boolean
}

export function ErrorState({ title, hint, retry, compact = false }: Props) {
  return (
    <div
      role="alert"
      className={cn(
        'flex items-start gap-3 rounded-lg border border-line bg-bad-soft text-sm',
        compact ? 'px-3 py-2' : 'mx-auto my-8 w-full max-w-xl px-4 py-3',
      )}
    >
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad-ink" />
      <div className="min-w-0 flex-1">
        <p className="font-medium text-ink">{title}</p>
        {hint ? <p className="mt-0.5 text-muted">{hint}</p> : null}
      </div>
      {retry ? (
        <Button size="sm" onClick={retry}>
          Try again
        </Button>
      ) : null}
    </div>
  )
}
