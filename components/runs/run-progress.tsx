import { CircleAlert, ShieldCheck } from 'lucide-react'
import { cn } from '@/components/ui/class-names'
import { Progress } from '@/components/ui/progress'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import type { StreamStatus } from '@/lib/client/use-event-stream'
import { formatCount } from '@/lib/format'
import { describeWait, itemStates, type ItemState } from '@/lib/tenancy/contract'
import type { RunLive } from './run-live-model'
import { atOnceText, progressSegments, rateText, runSentence, timeLeftText, verifiedLine, workedCount, workedPercent } from './run-model'
import { itemStateLooks } from './run-status'

type Props = {
  readonly live: RunLive
  readonly status: StreamStatus | null
  /** Shows the items of one state. */
  readonly onState: (state: ItemState) => void
}

/** How far the run is, how fast it goes and how long it still takes. Keeps its height from the first item to the last. */
export function RunProgress({ live, status, onState }: Props) {
  const { run } = live
  const { counts } = run
  const pace =
    status === 'lost'
      ? 'The live connection is lost; it is being opened again.'
      : [rateText(run.state, live.rate), timeLeftText(run.state, live.etaMs)].filter((text) => text !== '').join(' · ')
  const atOnce = atOnceText(run)
  const verified = verifiedLine(run.kind, run.state, run.verified)
  return (
    <section aria-label="Progress" className="flex flex-col gap-2">
      <div className="flex items-baseline gap-x-3">
        <p role="status" className="text-base font-medium">
          {runSentence(run)}
        </p>
        <p className="text-muted max-sm:hidden">{pace}</p>
        <p className="ml-auto shrink-0 text-base font-medium">{workedPercent(counts)}%</p>
      </div>
      <Progress
        label="Targets settled"
        className="h-2"
        total={counts.total}
        done={workedCount(counts)}
        parts={progressSegments(counts)
          .filter(({ state }) => state !== 'pending')
          .map(({ state, count }) => ({ key: state, value: count, tone: itemStateLooks[state].tone, label: itemStateLooks[state].label.toLowerCase() }))}
      />
      {status === null ? null : <p className="min-h-5 text-muted sm:hidden">{pace}</p>}
      <div className="flex min-h-6 flex-wrap items-center gap-x-1 gap-y-1">
        <ul className="-ml-1.5 flex flex-wrap gap-x-1">
          {itemStates
            .filter((state) => counts[state] > 0 || state === 'succeeded' || state === 'failed')
            .map((state) => (
              <li key={state}>
                <button
                  type="button"
                  className="rounded-md px-1.5 py-0.5 hover:bg-hover"
                  onClick={() => onState(state)}
                  title={`Show the ${itemStateLooks[state].label.toLowerCase()} ones`}
                >
                  <StateBadge look={itemStateLooks[state]}>
                    <span className="font-medium">{formatCount(counts[state])}</span> {itemStateLooks[state].label.toLowerCase()}
                  </StateBadge>
                </button>
              </li>
            ))}
        </ul>
        {verified === null ? null : (
          <p className={cn('flex items-center gap-1.5 sm:ml-auto', verified.tone === 'bad' ? 'text-bad-ink' : 'text-muted')}>
            {verified.tone === 'bad' ? (
              <CircleAlert aria-hidden className="size-3.5 shrink-0" />
            ) : (
              <ShieldCheck aria-hidden className={cn('size-3.5 shrink-0', verified.tone === 'good' && 'text-good-ink')} />
            )}
            {verified.text}
          </p>
        )}
        {verified === null && run.waitsFor === null && atOnce !== '' ? <p className="text-muted sm:ml-auto">{atOnce}</p> : null}
        {verified === null && run.waitsFor !== null ? (
          <p className="text-muted sm:ml-auto">
            {describeWait(run.waitsFor)}
            {run.waitsFor.for === 'server' ? (
              <>
                {' '}
                First noticed <RelativeTime at={run.waitsFor.since} />.
              </>
            ) : null}
          </p>
        ) : null}
      </div>
    </section>
  )
}
