'use client'

import { useId } from 'react'
import { cn } from './class-names'

type Props<Value extends string> = {
  readonly label: string
  /** Of what tells more about the choice. */
  readonly describedBy?: string
  readonly choices: ReadonlyArray<{ readonly value: Value; readonly label: string }>
  readonly value: Value
  readonly onChange: (value: Value) => void
}

/** One of a few, all of them in sight. */
export function Segments<Value extends string>({ label, describedBy, choices, value, onChange }: Props<Value>) {
  const name = useId()
  return (
    <div role="radiogroup" aria-label={label} aria-describedby={describedBy} className="flex rounded-md border border-line-strong/55 p-0.5">
      {choices.map((one) => (
        <label
          key={one.value}
          className={cn(
            'flex h-7 flex-1 cursor-pointer items-center justify-center rounded-sm px-2 text-sm has-focus-visible:outline-2 has-focus-visible:outline-accent-ink',
            value === one.value ? 'bg-accent-soft font-medium text-accent-ink' : 'text-muted hover:text-ink',
          )}
        >
          <input type="radio" name={name} className="sr-only" checked={value === one.value} onChange={() => onChange(one.value)} />
          {one.label}
        </label>
      ))}
    </div>
  )
}
