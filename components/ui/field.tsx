'use client'

import { CircleAlert } from 'lucide-react'
import { useId } from 'react'
import { cn } from './class-names'

type ControlProps = { readonly id: string; readonly 'aria-describedby': string | undefined; readonly 'aria-invalid': true | undefined }

type Props = {
  readonly label: React.ReactNode
  readonly hint?: React.ReactNode
  /** What is wrong and what would be right; null or empty when all is well. */
  readonly error?: string | null | undefined
  readonly optional?: boolean
  readonly className?: string
  /** Draws the control with the ids that tie label, hint and error to it. */
  readonly children: (control: ControlProps) => React.ReactNode
}

export function Field({ label, hint, error, optional = false, className, children }: Props) {
  const id = useId()
  const hintId = hint === undefined ? undefined : `${id}-hint`
  const errorId = error ? `${id}-error` : undefined
  const describedBy = [errorId, hintId].filter((part) => part !== undefined).join(' ')
  return (
    <div className={cn('flex min-w-0 flex-col gap-1', className)}>
      <label htmlFor={id} className="flex items-baseline gap-1.5 text-sm font-medium">
        {label}
        {optional ? <span className="text-xs font-normal text-faint">optional</span> : null}
      </label>
      {children({ id, 'aria-describedby': describedBy === '' ? undefined : describedBy, 'aria-invalid': error ? true : undefined })}
      {hint === undefined ? null : (
        <div id={hintId} className="text-xs text-muted">
          {hint}
        </div>
      )}
      {error ? <FieldError id={errorId}>{error}</FieldError> : null}
    </div>
  )
}

export function FieldError({ id, children }: { readonly id?: string | undefined; readonly children: React.ReactNode }) {
  return (
    <p id={id} role="alert" className="flex items-start gap-1.5 text-xs text-bad-ink">
      <CircleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0" />
      <span>{children}</span>
    </p>
  )
}
