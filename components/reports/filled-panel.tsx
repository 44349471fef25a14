import { CircleDashed } from 'lucide-react'
import { plural } from '@/lib/format'
import { lackNames, type FilledTenants } from '@/lib/tenancy/contract'
import { SlugLinks } from './slug-links'

/** Whose rows hold NULL, or are not there, because their structure lacks what was asked for. */
export function FilledPanel({ filled }: { readonly filled: readonly FilledTenants[] }) {
  if (filled.length === 0) return null
  const count = filled.reduce((sum, { slugs }) => sum + slugs.length, 0)
  return (
    <section aria-label="Tenants that answered without all that was asked for" className="overflow-hidden rounded-lg border border-line bg-surface">
      <header className="flex min-h-10 items-center gap-x-3 border-b border-line px-4 py-1">
        <CircleDashed aria-hidden className="size-3.5 shrink-0 text-behind-ink" />
        <div className="flex min-w-0 flex-1 flex-wrap gap-x-2 text-sm">
          <h2 className="font-semibold">{plural(count, 'tenant')} answered without all that was asked for</h2>
          <p className="text-muted">NULL stands for a column that {count === 1 ? 'it lacks' : 'they lack'}, no rows for a table.</p>
        </div>
      </header>
      <ul className="max-h-72 overflow-y-auto">
        {filled.map(({ lacks, slugs }) => (
          <li key={lackNames(lacks).join()} className="flex flex-col gap-1 border-b border-line px-4 py-2 text-sm last:border-0">
            <p className="break-words">
              <span className="font-medium">{plural(slugs.length, 'tenant')}:</span>{' '}
              {lackNames(lacks)
                .map((name) => `no ${name}`)
                .join(', ')}
            </p>
            <SlugLinks slugs={slugs} />
          </li>
        ))}
      </ul>
    </section>
  )
}
