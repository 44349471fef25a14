import { itemStateLooks } from '@/components/runs/run-status'
import type { RunLive } from '@/components/runs/run-live-model'
import { progressSegments, rateText, timeLeftText, workedCount } from '@/components/runs/run-model'
import { Progress } from '@/components/ui/progress'
import type { StreamStatus } from '@/lib/client/use-event-stream'
import { describeWait, isFinalRun, type ReportRun } from '@/lib/tenancy/contract'
import { answeredSentence, rowsClause, wholeCounts } from './report-model'

type Props = { readonly live: RunLive; readonly status: StreamStatus | null; readonly report: ReportRun }

/** How many have answered, and with how much. */
export function ReportProgress({ live, status, report }: Props) {
  const { run } = live
  const counts = wholeCounts(report, run.state, run.counts)
  const isOpen = !isFinalRun(run.state)
  const pace =
    status === 'lost'
      ? 'The live connection is lost; it is being opened again.'
      : [rateText(run.state, live.rate), timeLeftText(run.state, live.etaMs)].filter((text) => text !== '').join(' · ')
  return (
    <section aria-label="Progress" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <p role="status" className="text-base font-medium">
          {answeredSentence(run.state, counts)}
          <span className="font-normal text-muted">{rowsClause(run.state, report)}.</span>
        </p>
        <p className="text-muted">{isOpen && run.waitsFor !== null ? describeWait(run.waitsFor) : pace}</p>
      </div>
      <Progress
        label="Tenants asked"
        className="h-1.5"
        total={counts.total}
        done={workedCount(counts)}
        parts={progressSegments(counts)
          .filter(({ state }) => state !== 'pending')
          .map(({ state, count }) => ({ key: state, value: count, tone: itemStateLooks[state].tone, label: itemStateLooks[state].label.toLowerCase() }))}
      />
    </section>
  )
}
