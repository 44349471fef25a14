import {
  ChevronRight,
  CircleAlert,
  CircleCheck,
  CirclePause,
  CircleX,
  Clock3,
  GitFork,
  LoaderCircle,
  Shapes,
  Split,
  Unplug,
  type LucideIcon,
} from 'lucide-react'
import Link from 'next/link'
import { cn } from '@/components/ui/class-names'
import { toneClasses, type Tone } from '@/components/ui/tone'
import type { FleetOverview } from '@/lib/tenancy/contract'

type Item = Omit<FleetOverview['attention'][number], 'kind' | 'count'> & { readonly kind: FleetOverview['attention'][number]['kind'] | 'figure' }

const looks: Readonly<Record<Item['kind'], { readonly icon: LucideIcon; readonly tone: Tone }>> = {
  failed: { icon: CircleX, tone: 'bad' },
  diverged: { icon: GitFork, tone: 'bad' },
  drifted: { icon: Shapes, tone: 'drift' },
  half_done: { icon: Split, tone: 'bad' },
  unreachable: { icon: Unplug, tone: 'gone' },
  paused_run: { icon: CirclePause, tone: 'behind' },
  provisioning: { icon: LoaderCircle, tone: 'live' },
  stale: { icon: Clock3, tone: 'behind' },
  figure: { icon: CircleAlert, tone: 'bad' },
}

/** What needs a person, most urgent first; each line leads to where something can be done about it. */
export function AttentionList({ items }: { readonly items: readonly Item[] }) {
  if (items.length === 0) {
    return (
      <p className="flex items-center gap-2 px-4 py-3 text-sm text-muted">
        <CircleCheck aria-hidden className="size-3.5 text-good-ink" />
        Nothing needs attention.
      </p>
    )
  }
  return (
    <ul>
      {items.map(({ kind, text, href }) => {
        const { icon: Icon, tone } = looks[kind]
        return (
          <li key={`${kind} ${href} ${text}`} className="border-b border-line last:border-0">
            <Link href={href} className="flex min-h-9 items-center gap-2.5 px-4 py-2 text-sm hover:bg-hover focus-visible:-outline-offset-2">
              <Icon aria-hidden className={cn('size-3.5 shrink-0', toneClasses[tone].ink)} />
              <span className="min-w-0 flex-1 break-words">{text}</span>
              <ChevronRight aria-hidden className="size-3.5 shrink-0 text-faint" />
            </Link>
          </li>
        )
      })}
    </ul>
  )
}
