'use client'

import { Field } from './field'
import { Input, Textarea } from './input'
import { longestNote, tooLong } from './too-long'

type Props = {
  readonly label: string
  readonly hint?: string
  readonly value: string
  readonly onChange: (value: string) => void
  /** What the server said of it. */
  readonly error?: string | null
  /** Absent: it may stay empty. */
  readonly required?: true
  /** For a line of its own beside a button. */
  readonly isLine?: true
  readonly className?: string
}

/** Why something is done, for whoever looks at it later. Whoever sends it asks `tooLong` first. */
export function NoteField({ value, onChange, error = null, required, isLine, ...field }: Props) {
  const Control = isLine ? Input : Textarea
  return (
    <Field {...field} optional={required !== true} error={tooLong(value, longestNote) ?? error}>
      {(control) => (
        <Control
          {...control}
          {...(isLine ? {} : { rows: 2 })}
          required={required}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          autoComplete="off"
        />
      )}
    </Field>
  )
}
