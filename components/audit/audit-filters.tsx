import Link from 'next/link'
import { Button } from '@/components/ui/button'
import { Input } from '@/components/ui/input'
import { auditAreas, isFiltered, type AuditSearch } from './audit-model'

const fields = [
  { name: 'actor', label: 'Who', width: 'md:w-44', type: 'search' },
  { name: 'action', label: 'What', width: 'md:w-36', type: 'search' },
  { name: 'subject', label: 'To what', width: 'md:w-44', type: 'search' },
  { name: 'from', label: 'From', width: 'md:w-36', type: 'date' },
  { name: 'to', label: 'Until', width: 'md:w-36', type: 'date' },
] as const

/** A plain form: filters live in the address, and work before any script does. */
export function AuditFilters({ search }: { readonly search: AuditSearch }) {
  return (
    <form action="/audit" className="flex flex-wrap items-end gap-2" role="search" aria-label="Filter the audit">
      {fields.map(({ name, label, width, type }) => (
        <label key={name} className="flex flex-col gap-1 text-xs text-muted max-md:w-[calc(50%-0.25rem)]">
          {label}
          <Input
            key={search[name]}
            name={name}
            type={type}
            className={width}
            defaultValue={search[name]}
            list={name === 'action' ? 'audit-areas' : undefined}
          />
        </label>
      ))}
      <datalist id="audit-areas">
        {auditAreas.map((area) => (
          <option key={area}>{area}</option>
        ))}
      </datalist>
      <Button type="submit">Filter</Button>
      {isFiltered(search) ? (
        <Button variant="ghost" asChild>
          <Link href="/audit">Clear</Link>
        </Button>
      ) : null}
    </form>
  )
}
