import Link from 'next/link'
import { RelativeTime } from '@/components/ui/relative-time'
import type { OutsideChange } from '@/lib/tenancy/contract'
import { whoChanged } from './drift-model'

type Props = {
  readonly changes: readonly OutsideChange[]
  /** Where they are of several tenants. */
  readonly named?: boolean
}

/** What databases that note changes have told, the newest first. */
export function OutsideChanges({ changes, named = false }: Props) {
  if (changes.length === 0) return null
  return (
    <ul aria-label="Changes from outside of Tenantry" className="flex flex-col gap-0.5 text-muted">
      {changes.map((change) => (
        <li key={`${change.slug} ${change.at} ${change.command} ${change.object}`} className="break-words">
          {named ? (
            <Link href={`/tenants/${change.slug}`} className="mono text-ink underline-offset-2 hover:underline">
              {change.slug}
            </Link>
          ) : null}
          {named ? ' changed' : 'Changed'} outside Tenantry {whoChanged(change)}:{' '}
          <span className="mono text-ink">
            {change.command} {change.object}
          </span>
          , <RelativeTime at={change.at} />
        </li>
      ))}
    </ul>
  )
}
