'use client'

import { SearchField } from '@/components/ui/search-field'
import { Select } from '@/components/ui/select'
import type { ReportColumn } from '@/lib/tenancy/contract'

type Found = { readonly q: string; readonly column: string | null }
type Props = Found & { readonly columns: readonly ReportColumn[]; readonly onChange: (found: Found) => void }

/** Rows that hold what is typed, in any column or in one. */
export function RowsSearch({ columns, q, column, onChange }: Props) {
  return (
    <div className="flex w-full gap-2 sm:w-auto">
      <Select
        aria-label="In which column"
        className="w-36 shrink-0"
        value={column ?? ''}
        onChange={(event) => onChange({ q, column: event.target.value || null })}
      >
        <option value="">any column</option>
        {columns.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </Select>
      <SearchField
        text={q}
        onSearch={(text) => onChange({ q: text, column })}
        label="Find in the rows"
        placeholder="Find in the rows"
        className="sm:w-56"
        longest={200}
      />
    </div>
  )
}
