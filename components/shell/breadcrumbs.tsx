'use client'

import { ChevronRight } from 'lucide-react'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { cn } from '@/components/ui/class-names'
import { crumbsOf } from './breadcrumbs-model'

export function Breadcrumbs() {
  const crumbs = crumbsOf(usePathname())
  return (
    <nav aria-label="Breadcrumbs" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-1 text-sm">
        {crumbs.map((crumb, index) => (
          <li key={`${index}-${crumb.label}`} className="flex min-w-0 items-center gap-1">
            {index === 0 ? null : <ChevronRight aria-hidden className="size-3.5 shrink-0 text-faint" />}
            {crumb.href === null ? (
              <span aria-current="page" className={cn('truncate font-medium', crumb.isName && 'mono')}>
                {crumb.label}
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
