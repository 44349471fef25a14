import { RelativeTime } from '@/components/ui/relative-time'
import type { FindingSince } from '@/lib/tenancy/contract'
import { Trace } from './shape-row'

/** Since when something differs, and what ran just before. */
export function FirstSeen({ since, afterRun }: FindingSince) {
  return (
    <span>
      first seen <RelativeTime at={since} />, <Trace afterRun={afterRun} />
    </span>
  )
}
