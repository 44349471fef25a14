'use client'

import { FlaskConical, Play } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useMemo, useState } from 'react'
import { Button } from '@/components/ui/button'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Select } from '@/components/ui/select'
import { problemOf, useCommand } from '@/lib/client/use-command'
import { runLabel, triedAtOnce } from './choice-model'
import type { Draft } from './draft-model'
import { MissingChoice } from './missing-choice'
import { missingParams, paramsToSend } from './params-model'
import { ParamsForm } from './params-form'
import type { StartReport } from './report-actions'
import { ReportEditor } from './report-editor'
import { paramProblemIn, problemsIn } from './report-text-model'
import { TenantChoice } from './tenant-choice'
import { useMeant } from './use-meant'
import { useReportCheck } from './use-report-check'

type Props = {
  readonly sets: ReadonlyArray<{ readonly name: string }>
  readonly draft: Draft
  readonly onDraft: (change: Partial<Draft>) => void
  readonly start: StartReport
  /** Of a few tenants. */
  readonly tryOn: StartReport
  readonly mayChange: boolean
  /** Why it cannot be run now; null: it can. */
  readonly notNow: string | null
  readonly onStarted?: () => void
}

/** Writing a report and asking it: of five tenants, whose answer comes to stand below, or of all that are meant. */
export function ReportForm({ sets, draft, onDraft, start, tryOn, mayChange, notNow, onStarted }: Props) {
  const router = useRouter()
  const [isAsked, setAsked] = useState(false)
  const [isLeaving, setLeaving] = useState(false)
  const [isUnnamed, setUnnamed] = useState(false)
  const check = useReportCheck(draft.set, draft.sql)
  const meant = useMeant(draft.set, draft.selection)
  const tried = useCommand(tryOn, ({ run }) => {
    onDraft({ trial: run })
    onStarted?.()
  })
  const asked = useCommand(start, ({ run }) => {
    setLeaving(true)
    onStarted?.()
    router.push(`/reports/runs/${run}`)
  })
  const refusal = asked.error ?? tried.error
  const problems = useMemo(
    () => [...check.problems, ...(check.problems.length === 0 ? problemsIn(refusal, draft.sql) : [])],
    [check.problems, refusal, draft.sql],
  )
  const wrongParam = paramProblemIn(refusal)
  const missing = missingParams(check.params, draft.params)
  const paramProblems = {
    ...(isAsked ? Object.fromEntries(missing.map((name) => [name, 'A value is needed: the text gives none.'])) : {}),
    ...(wrongParam === null ? {} : { [wrongParam.name]: wrongParam.sentence }),
  }
  const isEmpty = draft.sql.trim() === ''

  const change = (part: Partial<Draft>): void => {
    asked.clear()
    tried.clear()
    onDraft(part)
  }
  const send = (command: typeof tried): void => {
    setAsked(true)
    if (isEmpty || isUnnamed || missing.length > 0 || notNow !== null) return
    tried.clear()
    asked.clear()
    const isTry = command === tried
    if (isTry && draft.trial !== null) onDraft({ trial: null })
    void command.run({
      set: draft.set,
      sql: draft.sql,
      params: paramsToSend(check.params, draft.params),
      selection: draft.selection,
      missing: draft.missing,
      ...(isTry ? { sample: triedAtOnce } : {}),
    })
  }
  const runAll = (): void => send(asked)
  const isPlaced = problemsIn(refusal, draft.sql).length > 0 || wrongParam !== null
  const isOfText = refusal !== null && !isPlaced && (refusal.code === 'report.columns' || refusal.code === 'report.probe')

  return (
    <div className="grid items-start gap-x-6 gap-y-4 lg:grid-cols-[minmax(0,1fr)_19rem]">
      <ReportEditor
        set={draft.set}
        sql={draft.sql}
        problems={problems}
        isChecked={check.isCurrent}
        refused={isOfText ? [refusal.message, refusal.hint ?? ''].join(' ').trim() : check.refused}
        isReadOnly={!mayChange}
        onChange={(sql) => (sql === draft.sql ? undefined : change({ sql }))}
        onRun={runAll}
      />
      <div className="flex min-w-0 flex-col gap-4">
        {sets.length > 1 ? (
          <Field label="Set" error={problemOf(refusal, 'set')}>
            {(control) => (
              <Select {...control} value={draft.set} onChange={(event) => change({ set: event.target.value })}>
                {sets.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </Select>
            )}
          </Field>
        ) : null}
        {check.params.length === 0 ? null : (
          <ParamsForm params={check.params} values={draft.params} problems={paramProblems} onChange={(params) => change({ params })} />
        )}
        <TenantChoice set={draft.set} selection={draft.selection} count={meant} onChange={(selection) => change({ selection })} onUnnamed={setUnnamed} />
        <MissingChoice missing={draft.missing} onChange={mayChange ? (missing) => change({ missing }) : null} />
        {refusal !== null && !isPlaced && !isOfText ? <ErrorNote error={refusal} /> : null}
        <RunButtons
          count={isUnnamed ? null : meant}
          notNow={notNow}
          isTrying={tried.busy}
          isStarting={asked.busy || isLeaving}
          mayTry={!isEmpty && !isUnnamed && meant !== 0}
          mayStart={!isEmpty && !isUnnamed && meant !== 0}
          onTry={() => send(tried)}
          onStart={runAll}
        />
      </div>
    </div>
  )
}

type ButtonProps = {
  /** null: not known yet. */
  readonly count: number | null
  readonly notNow: string | null
  readonly isTrying: boolean
  readonly isStarting: boolean
  readonly mayTry: boolean
  readonly mayStart: boolean
  readonly onTry: () => void
  readonly onStart: () => void
}

function RunButtons({ count, notNow, isTrying, isStarting, mayTry, mayStart, onTry, onStart }: ButtonProps) {
  if (notNow !== null) return <p className="text-sm text-muted">{notNow}</p>
  return (
    <div className="flex gap-2">
      <Button className="flex-1" busy={isTrying} disabled={!mayTry} onClick={onTry}>
        <FlaskConical aria-hidden />
        {count !== null && count < triedAtOnce ? 'Try' : `Try on ${triedAtOnce}`}
      </Button>
      <Button variant="primary" className="flex-1" busy={isStarting} disabled={!mayStart} onClick={onStart}>
        <Play aria-hidden />
        {runLabel(count)}
      </Button>
    </div>
  )
}
