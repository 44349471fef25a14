'use client'

import { CircleCheck, LoaderCircle } from 'lucide-react'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import type { SlugVerdict } from './use-slug-check'

type Props = { readonly slug: string; readonly verdict: SlugVerdict; readonly tried: boolean; readonly onChange: (slug: string) => void }

/** Says while one types whether the slug may be had. */
export function SlugField({ slug, verdict, tried, onChange }: Props) {
  const problem = verdict.kind === 'refused' ? verdict.problem : verdict.kind === 'empty' && tried ? 'The slug is empty; it needs 1 to 48 characters.' : null
  return (
    <Field label="Slug" error={problem} hint="Part of host names, of the schema’s and of the role’s name; it never changes.">
      {(control) => (
        <span className="relative">
          <Input
            {...control}
            className="mono pr-24"
            value={slug}
            onChange={(event) => onChange(event.target.value)}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
          />
          <span role="status" className="pointer-events-none absolute inset-y-0 right-2.5 flex items-center gap-1 text-xs text-muted">
            {verdict.kind === 'checking' ? (
              <>
                <LoaderCircle aria-hidden className="size-3.5 motion-safe:animate-spin" />
                looking
              </>
            ) : verdict.kind === 'free' ? (
              <>
                <CircleCheck aria-hidden className="size-3.5 text-good-ink" />
                free
              </>
            ) : null}
          </span>
        </span>
      )}
    </Field>
  )
}
