import { CircleAlert, CircleCheck, CircleDashed } from 'lucide-react'
import Link from 'next/link'
import { Badge } from '@/components/ui/badge'
import { cn } from '@/components/ui/class-names'
import { RelativeTime } from '@/components/ui/relative-time'
import type { HistoryEntry } from '@/lib/tenancy/contract'
import { durationWords, isWorrying, type TimelineEntry } from './tenant-model'

type Props = { readonly set: string; readonly entries: readonly TimelineEntry[]; readonly maySeeSet: boolean }

/** What was applied when, newest first, with what is still to come above it. */
export function TenantTimeline({ set, entries, maySeeSet }: Props) {
  return (
    <ol className="relative py-2 before:absolute before:top-5 before:bottom-5 before:left-[22px] before:w-px before:bg-line">
      {entries.map((item) =>
        item.kind === 'pending' ? (
          <li key={`pending ${item.version}`} className="relative flex min-h-8 items-center gap-3 px-4 text-sm text-muted">
            <CircleDashed aria-hidden className="relative size-3.5 shrink-0 bg-surface text-behind-ink" />
            <Version set={set} version={item.version} linked={maySeeSet} />
            <span className="min-w-0 flex-1 truncate">{item.name.replaceAll('_', ' ')}</span>
            {item.transactional ? null : <Badge>no transaction</Badge>}
            <Badge tone="behind">Pending</Badge>
          </li>
        ) : (
          <Applied key={`${item.entry.version} ${item.entry.appliedAt}`} set={set} entry={item.entry} remark={item.remark} linked={maySeeSet} />
        ),
      )}
    </ol>
  )
}

function Version({ set, version, linked }: { readonly set: string; readonly version: string; readonly linked: boolean }) {
  return linked ? (
    <Link href={`/migrations/${set}?version=${encodeURIComponent(version)}`} className="mono w-12 shrink-0 text-ink hover:underline">
      {version}
    </Link>
  ) : (
    <span className="mono w-12 shrink-0 text-ink">{version}</span>
  )
}

function Applied({
  set,
  entry,
  remark,
  linked,
}: {
  readonly set: string
  readonly entry: HistoryEntry
  readonly remark: string | null
  readonly linked: boolean
}) {
  const worrying = isWorrying(entry)
  const Icon = worrying ? CircleAlert : CircleCheck
  const took = durationWords(entry.durationMs)
  return (
    <li className="relative flex min-h-8 flex-wrap items-center gap-x-3 px-4 text-sm">
      <Icon aria-hidden className={cn('relative size-3.5 shrink-0 bg-surface', worrying ? 'text-bad-ink' : 'text-good-ink')} />
      <Version set={set} version={entry.version} linked={linked && entry.match !== 'unknown'} />
      <span className="min-w-0 flex-1 truncate" title={`checksum ${entry.checksum}`}>
        {entry.name.replaceAll('_', ' ')}
      </span>
      {entry.run === null ? null : (
        <Link href={`/runs/${entry.run}`} className="text-xs text-muted hover:text-ink hover:underline max-sm:hidden">
          Run {entry.run}
        </Link>
      )}
      <span className="w-14 text-right text-xs text-faint max-sm:hidden">{took}</span>
      <RelativeTime at={entry.appliedAt} className="w-20 text-right text-xs text-muted" />
      {remark === null ? null : <p className={cn('mb-1.5 basis-full pl-[26px] text-xs', worrying ? 'text-bad-ink' : 'text-muted')}>{remark}</p>}
    </li>
  )
}
