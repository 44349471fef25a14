'use client'

import { Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Input } from '@/components/ui/input'
import { Select } from '@/components/ui/select'
import type { ReportColumn } from '@/lib/tenancy/contract'

type Found = { readonly q: string; readonly column: string | null }
type Props = Found & { readonly columns: readonly ReportColumn[]; readonly onChange: (found: Found) => void }

const typingMs = 250

/** Rows that hold what is typed, in any column or in one. */
export function RowsSearch({ columns, q, column, onChange }: Props) {
  const [typed, setTyped] = useState(q)
  useEffect(() => {
    if (typed.trim() === q) return undefined
    const timer = setTimeout(() => onChange({ q: typed.trim(), column }), typingMs)
    return () => clearTimeout(timer)
  }, [typed, q, column, onChange])
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
      <span className="relative w-full sm:w-56">
        <Search aria-hidden className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-faint" />
        <Input
          data-page-search=""
          type="search"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          placeholder="Find in the rows"
          aria-label="Find in the rows"
          maxLength={200}
          className="pl-8"
        />
      </span>
    </div>
  )
}
