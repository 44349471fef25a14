'use client'

import { useId } from 'react'
import { Segments } from '@/components/ui/segments'
import type { ReportMissing } from '@/lib/tenancy/contract'

type Props = {
  readonly missing: ReportMissing
  /** null: it is not this person's to choose. */
  readonly onChange: ((missing: ReportMissing) => void) | null
}

const question = 'Where a tenant lacks a column or table'

const choices = [
  { value: 'name', label: 'Name it' },
  { value: 'null', label: 'Answer NULL' },
] as const

const consequences: Readonly<Record<ReportMissing, string>> = {
  name: 'Such a tenant is named with the reason, and gives no rows.',
  null: 'It answers as if the column were there and NULL, the table there and empty. The run says who did.',
}

/** What becomes of tenants at older versions. */
export function MissingChoice({ missing, onChange }: Props) {
  const consequence = useId()
  const chosen = choices.find(({ value }) => value === missing)?.label
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {/* Whoever hears the page hears it as the name of the choice. */}
      <p aria-hidden={onChange === null ? undefined : true} className="mb-1 text-sm font-medium">
        {question}
      </p>
      {onChange === null ? (
        <p className="text-sm">{chosen}</p>
      ) : (
        <Segments label={question} describedBy={consequence} choices={choices} value={missing} onChange={onChange} />
      )}
      <p id={consequence} aria-live="polite" className="text-xs text-muted">
        {consequences[missing]}
      </p>
    </div>
  )
}
