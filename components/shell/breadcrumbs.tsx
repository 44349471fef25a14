'use client'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronRight } from 'lucide-react'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { useSyncExternalStore } from 'react'
import { shapeTitle } from '@/components/drift/drift-model'
import { cn } from '@/components/ui/class-names'
import { driftQueries } from '@/lib/client/queries/drift'
import { reportQueries } from '@/lib/client/queries/reports'
import { crumbsOf, reportOf, shapeOf } from './breadcrumbs-model'

export function Breadcrumbs() {
  const path = usePathname()
  const shape = useShapeTitle(path)
  const report = useReportName(path)
  const crumbs = crumbsOf(path)
  return (
    <nav aria-label="Breadcrumbs" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-1 text-sm">
        {crumbs.map((crumb, index) => (
          <li key={`${index}-${crumb.label}`} className="flex min-w-0 items-center gap-1">
            {index === 0 ? null : <ChevronRight aria-hidden className="size-3.5 shrink-0 text-faint" />}
            {crumb.href === null ? (
              <span aria-current="page" className={cn('truncate font-medium', crumb.isName && 'mono')}>
                {shape ?? report ?? crumb.label}
              </span>
            ) : (
              <Link href={crumb.href} className={cn('truncate text-muted hover:text-ink', crumb.isName && 'mono')}>
                {crumb.label}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  )
}

/** What the page that is open has read already; nothing is asked for it. */
const useShapeTitle = (path: string): string | null => {
  const { set, shape } = shapeOf(path) ?? { set: '', shape: '' }
  const { data } = useQuery({ ...driftQueries.shape(set, shape), enabled: false })
  return data === undefined ? null : shapeTitle(data)
}

/** Looked up and not asked for: a query that stands here before the page brings its answer would be one without an answer, on the server as well. */
const useReportName = (path: string): string | null => {
  const client = useQueryClient()
  const report = reportOf(path)
  const nameNow = (): string | null => (report === null ? null : (client.getQueryData(reportQueries.saved(report).queryKey)?.name ?? null))
  return useSyncExternalStore(
    (listener) => client.getQueryCache().subscribe(listener),
    nameNow,
    () => null,
  )
}
