'use client'

import { Segments } from '@/components/ui/segments'
import type { ReportMissing } from '@/lib/tenancy/contract'

type Props = {
  readonly missing: ReportMissing
  /** null: it is not this person's to choose. */
  readonly onChange: ((missing: ReportMissing) => void) | null
}

const legend = 'Where a tenant lacks a column or table'

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
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">{legend}</legend>
      {onChange === null ? null : <Segments label={legend} choices={choices} value={missing} onChange={onChange} />}
      <p className="text-xs text-muted">{consequences[missing]}</p>
    </fieldset>
  )
}
