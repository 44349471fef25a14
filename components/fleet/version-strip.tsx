import Link from 'next/link'
import { Tooltip } from '@/components/ui/tooltip'
import { cn } from '@/components/ui/class-names'
import { toneClasses } from '@/components/ui/tone'
import { formatCount, formatShare, plural } from '@/lib/format'
import type { FleetOverview } from '@/lib/tenancy/contract'
import { hasRoom, segmentName, stateWord, stripOf, type StripSegment } from './fleet-model'
import { versionStateLooks } from './version-state'

type Set = FleetOverview['sets'][number]

/** How a set's targets are spread over its versions: the oldest on the left, the head on the right. Every part leads to its tenants. */
export function VersionStrip({ set }: { readonly set: Set }) {
  const segments = stripOf(set)
  const total = segments.reduce((sum, { count }) => sum + count, 0)
  return (
    <div className="flex min-w-0 flex-col gap-2">
      <div className="flex items-baseline gap-3 text-sm">
        <Link href={`/migrations/${set.set}`} className="mono font-medium hover:underline">
          {set.set}
        </Link>
        <span className="text-muted">
          {set.head === null ? (
            'no migrations yet'
          ) : (
            <>
              head <span className="mono">{set.head}</span>
            </>
          )}
        </span>
        <span className="ml-auto text-muted">{plural(total, 'target')}</span>
      </div>
      {total === 0 ? null : (
        <div className="flex h-7 gap-px overflow-hidden rounded-md">
          {segments.map((segment) => (
            <Segment key={segment.key} segment={segment} total={total} />
          ))}
        </div>
      )}
      <ul className="flex flex-wrap gap-x-4 gap-y-0.5 text-xs text-muted">
        {segments.map((segment) => {
          const { icon: Icon, tone } = versionStateLooks[segment.state]
          return (
            <li key={segment.key}>
              <Link href={segment.href} className="flex min-h-6 items-center gap-1.5 hover:text-ink hover:underline">
                <Icon aria-hidden className={cn('size-3', toneClasses[tone].ink)} />
                <span className={cn('text-ink', segment.version !== null && 'mono')}>{segmentName(segment)}</span>
                <span>
                  {formatCount(segment.count)} {segmentName(segment) === stateWord(segment.state) ? '' : stateWord(segment.state)}
                </span>
              </Link>
            </li>
          )
        })}
      </ul>
    </div>
  )
}

/** For the eye and the pointer; those who use neither have the list below, where each part is a link. */
function Segment({ segment, total }: { readonly segment: StripSegment; readonly total: number }) {
  const text = `${segmentName(segment)}: ${formatCount(segment.count)} ${stateWord(segment.state)}, ${formatShare(segment.count, total)}`
  return (
    <Tooltip content={text}>
      <Link
        href={segment.href}
        aria-hidden
        tabIndex={-1}
        className={cn(
          'mono flex h-full min-w-6 basis-0 items-center justify-center overflow-hidden text-xs font-medium text-black transition-opacity hover:opacity-80',
          toneClasses[versionStateLooks[segment.state].tone].fill,
        )}
        style={{ flexGrow: segment.count }}
      >
        {hasRoom(segment.count, total) && (segment.state === 'at_head' || segment.state === 'behind') ? segment.version : ''}
      </Link>
    </Tooltip>
  )
}
