'use client'

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Dialog, DialogContent, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Select } from '@/components/ui/select'
import { RefusedError } from '@/lib/client/fetch-json'
import { reportQueries } from '@/lib/client/queries/reports'
import type { ErrorDocument, ReportSchedule, ReportScheduleInput } from '@/lib/tenancy/contract'
import { currentZone, momentIn, presets, timeZones } from './schedule-model'

type Props = {
  readonly given: ReportSchedule | null
  readonly busy: boolean
  readonly error: ErrorDocument | null
  /** null: it runs by itself no longer. */
  readonly onSave: (schedule: ReportScheduleInput['schedule']) => void
  readonly onClose: () => void
}

const own = 'own'

/** Cron and time zone, with the moments that they come to. */
export function ScheduleDialog({ given, busy, error, onSave, onClose }: Props) {
  const [cron, setCron] = useState<string>(given?.cron ?? presets[1].cron)
  const [timezone, setTimezone] = useState(given?.timezone ?? currentZone(new Intl.DateTimeFormat('en-GB').resolvedOptions().timeZone))
  const [isOwn, setOwn] = useState(given !== null && !presets.some((preset) => preset.cron === given.cron))
  const times = useQuery({ ...reportQueries.times(cron.trim(), timezone), enabled: cron.trim() !== '' })
  const problem = times.error instanceof RefusedError ? times.error.message : null
  const zones = timeZones()
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title="Run it by itself" description="As often as you say, with its own values and tenants, on behalf of its owner.">
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            onSave({ cron: cron.trim(), timezone, enabled: true })
          }}
        >
          <Field label="How often">
            {(control) => (
              <Select
                {...control}
                value={isOwn ? own : cron}
                onChange={(event) => {
                  setOwn(event.target.value === own)
                  if (event.target.value !== own) setCron(event.target.value)
                }}
              >
                {presets.map((preset) => (
                  <option key={preset.cron} value={preset.cron}>
                    {preset.label}
                  </option>
                ))}
                <option value={own}>As cron says</option>
              </Select>
            )}
          </Field>
          {isOwn ? (
            <Field label="Cron" hint="Minute, hour, day of the month, month, day of the week." error={problem}>
              {(control) => (
                <Input
                  {...control}
                  className="mono"
                  autoComplete="off"
                  spellCheck={false}
                  maxLength={100}
                  value={cron}
                  onChange={(event) => setCron(event.target.value)}
                />
              )}
            </Field>
          ) : null}
          <Field label="Time zone">
            {(control) => (
              <Select {...control} value={timezone} onChange={(event) => setTimezone(event.target.value)}>
                {zones.includes(timezone) ? null : <option>{timezone}</option>}
                {zones.map((zone) => (
                  <option key={zone}>{zone}</option>
                ))}
              </Select>
            )}
          </Field>
          <section aria-label="Next times" className="min-h-28 text-sm">
            <h3 className="text-xs text-muted">Next</h3>
            <ol>
              {(problem === null && cron.trim() !== '' ? (times.data ?? []) : []).map((time) => (
                <li key={time}>{momentIn(time, timezone)}</li>
              ))}
            </ol>
          </section>
          <ErrorNote error={error} />
          {given === null ? null : (
            <Button variant="danger" className="self-start" disabled={busy} onClick={() => onSave(null)}>
              Remove the schedule
            </Button>
          )}
          <FormActions busy={busy} disabled={problem !== null || cron.trim() === ''}>
            Save the schedule
          </FormActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}
