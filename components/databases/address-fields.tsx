'use client'

import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { problemOf } from '@/lib/client/use-command'
import type { ErrorDocument } from '@/lib/tenancy/contract'

export type Addresses = { readonly url: string; readonly directUrl: string }

/** What is sent: an empty direct address is none. */
export const addressInput = ({ url, directUrl }: Addresses): { readonly url: string; readonly directUrl?: string } => ({
  url: url.trim(),
  ...(directUrl.trim() === '' ? {} : { directUrl: directUrl.trim() }),
})

type Props = {
  readonly value: Addresses
  readonly onChange: (value: Addresses) => void
  readonly error: ErrorDocument | null
  readonly placeholder: string
  /** Where the first one is known to be a pooler's. */
  readonly directPlaceholder?: string
  /** Once they are known to be right, nobody has to read the passwords on the screen. */
  readonly isHidden?: boolean
}

/** With what to do about it: the note below the fields stays away. */
const problemIn = (error: ErrorDocument | null, field: string): string | null => {
  const problem = problemOf(error, field)
  return problem === null ? null : [problem, error?.hint ?? ''].join(' ').trim()
}

/** A refusal that is not told beside one of the fields. */
export function AddressNote({ error }: { readonly error: ErrorDocument | null }) {
  return problemOf(error, 'url') === null && problemOf(error, 'directUrl') === null ? <ErrorNote error={error} /> : null
}

/** A database's connection string, and the direct one where the first is a pooler's. */
export function AddressFields({ value, onChange, error, placeholder, directPlaceholder = placeholder, isHidden = false }: Props) {
  const shared = { className: 'mono', type: isHidden ? 'password' : 'text', autoComplete: 'off', spellCheck: false } as const
  return (
    <>
      <Field label="Connection string" hint="Kept encrypted, never shown again." error={problemIn(error, 'url')}>
        {(control) => (
          <Input
            {...control}
            {...shared}
            required
            placeholder={placeholder}
            value={value.url}
            onChange={(event) => onChange({ ...value, url: event.target.value })}
          />
        )}
      </Field>
      <Field
        label="Direct address"
        hint="Needed where that one goes through a connection pooler (PgBouncer in transaction mode). Tenantry itself works by the direct one."
        error={problemIn(error, 'directUrl')}
      >
        {(control) => (
          <Input
            {...control}
            {...shared}
            placeholder={directPlaceholder}
            value={value.directUrl}
            onChange={(event) => onChange({ ...value, directUrl: event.target.value })}
          />
        )}
      </Field>
    </>
  )
}
