'use client'

import { CalendarClock } from 'lucide-react'
import Link from 'next/link'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Panel } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { toastRefusal } from '@/lib/client/toast-refusal'
import { useCommand } from '@/lib/client/use-command'
import type { ReportScheduleInput, SavedReport } from '@/lib/tenancy/contract'
import type { SavedReportActions } from './report-actions'
import { ScheduleDialog } from './schedule-dialog'
import { cronWords, momentIn } from './schedule-model'

type Props = { readonly saved: SavedReport; readonly set: SavedReportActions['setSchedule']; readonly onChanged: () => void }

/** When a report runs by itself, and what came of it the last time. */
export function SchedulePanel({ saved, set, onChanged }: Props) {
  const [isOpen, setOpen] = useState(false)
  const { schedule } = saved
  const command = useCommand(
    set,
    () => {
      setOpen(false)
      onChanged()
    },
    isOpen ? undefined : toastRefusal,
  )
  const send = (next: ReportScheduleInput['schedule']): void => void command.run({ report: saved.id, schedule: next })
  return (
    <Panel
      title="By itself"
      actions={
        saved.mayShare ? (
          <span className="flex gap-1">
            {schedule === null ? null : (
              <Button
                size="sm"
                variant="ghost"
                busy={command.busy && !isOpen}
                onClick={() => send({ cron: schedule.cron, timezone: schedule.timezone, enabled: !schedule.enabled })}
              >
                {schedule.enabled ? 'Switch off' : 'Switch on'}
              </Button>
            )}
            <Button size="sm" variant="ghost" onClick={() => setOpen(true)}>
              {schedule === null ? 'Schedule…' : 'Change…'}
            </Button>
          </span>
        ) : null
      }
    >
      <div className="flex flex-col gap-1 px-4 py-3 text-sm">
        {schedule === null ? (
          <p className="text-muted">It runs when somebody runs it.</p>
        ) : (
          <>
            <p className="flex items-center gap-2">
              <CalendarClock aria-hidden className="size-3.5 shrink-0 text-muted" />
              <span>
                Runs {cronWords(schedule.cron)}, {schedule.timezone}
                {schedule.enabled ? '' : ': switched off'} <span className="mono text-muted">{schedule.cron}</span>
              </span>
            </p>
            {schedule.nextAt === null ? null : (
              <p className="text-muted">
                Next <RelativeTime at={schedule.nextAt} />: {momentIn(schedule.nextAt, schedule.timezone)}
              </p>
            )}
            {schedule.lastAt === null ? null : (
              <p className="text-muted">
                Last <RelativeTime at={schedule.lastAt} />
                {schedule.lastRun === null ? null : (
                  <>
                    {' '}
                    as{' '}
                    <Link href={`/reports/runs/${schedule.lastRun}`} className="text-accent-ink underline underline-offset-2">
                      run {schedule.lastRun}
                    </Link>
                  </>
                )}
              </p>
            )}
            {schedule.lastProblem === null ? null : <p className="text-bad-ink">{schedule.lastProblem}</p>}
          </>
        )}
      </div>
      {isOpen ? (
        <ScheduleDialog
          given={schedule}
          busy={command.busy}
          error={command.error}
          onSave={send}
          onClose={() => {
            setOpen(false)
            command.clear()
          }}
        />
      ) : null}
    </Panel>
  )
}
