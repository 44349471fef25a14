'use client'

import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { cn } from '@/components/ui/class-names'
import type { Role } from '@/lib/tenancy/contract'
import { isCurrent, placesFor } from './places'

export function Mark() {
  return (
    <svg aria-hidden viewBox="0 0 16 16" className="size-4 shrink-0">
      <rect x="1" y="1" width="6" height="6" rx="1.5" fill="var(--accent)" />
      <rect x="9" y="1" width="6" height="6" rx="1.5" fill="var(--accent)" opacity="0.55" />
      <rect x="1" y="9" width="6" height="6" rx="1.5" fill="var(--accent)" opacity="0.55" />
      <rect x="9" y="9" width="6" height="6" rx="1.5" fill="var(--accent)" opacity="0.25" />
    </svg>
  )
}

type Props = {
  readonly role: Role
  /** Open runs, shown as a number beside "Runs". */
  readonly openRuns: number
  readonly onChoose?: () => void
}

export function PlaceList({ role, openRuns, onChoose }: Props) {
  const path = usePathname()
  return (
    <ul className="flex flex-col gap-0.5">
      {placesFor(role).map(({ href, label, icon: Icon }) => {
        const current = isCurrent(href, path)
        return (
          <li key={href}>
            <Link
              href={href}
              onClick={onChoose}
              aria-current={current ? 'page' : undefined}
              className={cn(
                'flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm transition-colors max-md:h-10',
                current ? 'bg-hover font-medium text-ink' : 'text-muted hover:bg-hover hover:text-ink',
              )}
            >
              <Icon aria-hidden className={cn('size-4 shrink-0', current ? 'text-accent-ink' : 'text-faint')} strokeWidth={1.75} />
              <span className="flex-1">{label}</span>
              {href === '/runs' && openRuns > 0 ? (
                <span className="rounded-sm bg-live-soft px-1.5 text-xs text-live-ink" title={`${openRuns} not finished`}>
                  {openRuns}
                  <span className="sr-only"> not finished</span>
                </span>
              ) : null}
            </Link>
          </li>
        )
      })}
    </ul>
  )
}
