import Link from 'next/link'
import { Fragment } from 'react'
import { cn } from '@/components/ui/class-names'
import { Progress } from '@/components/ui/progress'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import { formatDuration } from '@/lib/format'
import type { RunSummary } from '@/lib/tenancy/contract'
import { progressSegments, runTitle, workedCount, workedWords } from './run-model'
import { itemStateLooks, runLook } from './run-status'

/** Narrow screens keep number, what and state. */
export const runGrid =
  'grid items-center gap-x-3 px-4 grid-cols-[2rem_minmax(0,1fr)_6.5rem] lg:gap-x-6 lg:grid-cols-[2.5rem_minmax(12rem,1.6fr)_6.5rem_minmax(6rem,0.8fr)_9rem_minmax(7rem,0.8fr)_5.5rem_4.5rem]'

export const runColumns: ReadonlyArray<{ readonly label: string; readonly className?: string }> = [
  { label: 'Run' },
  { label: 'What' },
  { label: 'State' },
  { label: 'Progress', className: 'max-lg:hidden' },
  { label: 'Targets', className: 'text-right max-lg:hidden' },
  { label: 'Started by', className: 'max-lg:hidden' },
  { label: 'When', className: 'max-lg:hidden' },
  { label: 'Took', className: 'text-right max-lg:hidden' },
]

export function RunRow({ run }: { readonly run: RunSummary }) {
  const { counts } = run
  const words = workedWords(counts)
  const took = run.startedAt === null || run.finishedAt === null ? null : Date.parse(run.finishedAt) - Date.parse(run.startedAt)
  return (
    <div role="row" className={cn(runGrid, 'relative min-h-9 border-b border-line py-1 last:border-0 hover:bg-hover')}>
      <span role="cell" className="mono text-muted">
        {run.id}
      </span>
      <span role="cell" className="min-w-0">
        {/* The link covers the row, so that all of it can be pressed while only one thing takes focus. */}
        <Link
          data-run
          href={`/runs/${run.id}`}
          className="block font-medium max-sm:break-words sm:truncate before:absolute before:inset-0 focus-visible:outline-none focus-visible:before:outline-2 focus-visible:before:-outline-offset-2 focus-visible:before:outline-accent-ink"
        >
          {runTitle(run)}
        </Link>
        <span className="block text-xs text-muted lg:hidden">
          {words.done} {words.of}
          <Notes of={words} />
        </span>
        {run.note === '' && run.parentRun === null ? null : (
          <span className="block truncate text-xs text-muted">
            {[run.parentRun === null ? '' : `rerun of ${run.parentRun}`, run.note].filter((text) => text !== '').join(' · ')}
          </span>
        )}
      </span>
      <span role="cell">
        <StateBadge look={runLook(run)} />
      </span>
      <span role="cell" className="max-lg:hidden">
        <Progress
          label={`Targets settled of run ${run.id}`}
          total={counts.total}
          done={workedCount(counts)}
          parts={progressSegments(counts)
            .filter(({ state }) => state !== 'pending')
            .map(({ state, count }) => ({ key: state, value: count, tone: itemStateLooks[state].tone, label: itemStateLooks[state].label.toLowerCase() }))}
        />
      </span>
      <span role="cell" className="text-right max-lg:hidden">
        {words.done}
        <span className="text-muted"> {words.of}</span>
        <Notes of={words} />
      </span>
      <span role="cell" className="truncate text-muted max-lg:hidden">
        {run.startedBy}
      </span>
      <span role="cell" className="truncate text-muted max-lg:hidden">
        <RelativeTime at={run.createdAt} />
      </span>
      <span role="cell" className="text-right text-muted max-lg:hidden">
        {took === null || took === 0 ? null : formatDuration(took)}
      </span>
    </div>
  )
}

/** Beside the count, or below it where one line would not hold them. */
function Notes({ of }: { readonly of: ReturnType<typeof workedWords> }) {
  const { notes } = of
  const isBelow = notes.length > 1
  return (
    <span className={isBelow ? 'block text-xs' : undefined}>
      {notes.map(({ tone, text }, index) => (
        <Fragment key={text}>
          {isBelow && index === 0 ? null : ' · '}
          <span className={tone === 'bad' ? 'text-bad-ink' : 'text-muted'}>{text}</span>
        </Fragment>
      ))}
    </span>
  )
}
