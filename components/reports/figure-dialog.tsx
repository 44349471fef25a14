'use client'

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Checkbox } from '@/components/ui/checkbox'
import { Dialog, DialogContent, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Select } from '@/components/ui/select'
import { tooLong } from '@/components/ui/too-long'
import { reportQueries } from '@/lib/client/queries/reports'
import { figureAggregates, type ErrorDocument, type ReportFigureInput } from '@/lib/tenancy/contract'
import { isNumber } from './report-model'

type Props = {
  /** What it is now; null: it is a new one. */
  readonly given: ReportFigureInput | null
  /** Whose columns are offered. */
  readonly lastRun: number | null
  /** Whether the report keeps a combining SELECT. */
  readonly mayCombine: boolean
  readonly busy: boolean
  readonly error: ErrorDocument | null
  readonly onSave: (figure: ReportFigureInput) => void
  readonly onClose: () => void
}

type Typed = {
  readonly name: string
  readonly how: string
  readonly column: string
  readonly isPinned: boolean
  readonly line: '' | 'above' | 'below'
  readonly value: string
}

const longestFigureName = 80
const combined = 'combined'
const words: Readonly<Record<(typeof figureAggregates)[number], string>> = {
  count: 'Number of rows',
  sum: 'Sum',
  avg: 'Average',
  min: 'Smallest',
  max: 'Largest',
}
const pinLabel = 'Show it on the page of the fleet'

const figureOf = ({ name, how, column, isPinned, line, value }: Typed): ReportFigureInput => {
  const aggregate = figureAggregates.find((one) => one === how) ?? null
  return {
    name: name.trim(),
    source: aggregate === null ? 'combined' : 'rows',
    aggregate,
    column: aggregate === 'count' || column.trim() === '' ? null : column.trim(),
    isPinned,
    line: line === '' ? null : { kind: line, value: value.trim() },
  }
}

const blank: Typed = { name: '', how: combined, column: '', isPinned: true, line: '', value: '' }

const typedOf = ({ name, aggregate, column, isPinned, line }: ReportFigureInput): Typed => ({
  name,
  how: aggregate ?? combined,
  column: column ?? '',
  isPinned,
  line: line?.kind ?? '',
  value: line?.value ?? '',
})

/** Which number, of which column, and beyond what it alerts. */
export function FigureDialog({ given, lastRun, mayCombine, busy, error, onSave, onClose }: Props) {
  const [typed, setTyped] = useState<Typed>(given === null ? { ...blank, how: mayCombine ? combined : 'sum' } : typedOf(given))
  const { data: last } = useQuery({ ...reportQueries.detail(lastRun ?? 0), enabled: lastRun !== null })
  const change = (part: Partial<Typed>): void => setTyped({ ...typed, ...part })
  const isLineWrong = typed.line !== '' && !/^[+-]?\d{1,30}(\.\d{1,20})?$/.test(typed.value.trim())
  const needsColumn = typed.how !== 'count'
  const isReady = typed.name.trim() !== '' && tooLong(typed.name, longestFigureName) === null && (!needsColumn || typed.column.trim() !== '') && !isLineWrong
  const numbers = last?.columns.filter(isNumber) ?? []
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title={given === null ? 'Add a figure' : `Change ${given.name}`}
        description={
          given === null
            ? 'Each run of the report comes to one more value of it.'
            : 'With another name, or another number, its values begin anew. Its line and its place may be moved freely.'
        }
      >
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            if (isReady) onSave(figureOf(typed))
          }}
        >
          <Field label="Name" error={tooLong(typed.name, longestFigureName)}>
            {(control) => <Input {...control} required autoComplete="off" value={typed.name} onChange={(event) => change({ name: event.target.value })} />}
          </Field>
          <div className="flex gap-3">
            <Field label="What" className="flex-1">
              {(control) => (
                <Select {...control} value={typed.how} onChange={(event) => change({ how: event.target.value })}>
                  {mayCombine || given?.source === 'combined' ? <option value={combined}>Of the first combined row</option> : null}
                  {figureAggregates.map((aggregate) => (
                    <option key={aggregate} value={aggregate}>
                      {words[aggregate]}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
            {needsColumn ? (
              <Field label="Column" className="flex-1">
                {(control) => (
                  <>
                    <Input
                      {...control}
                      list={`${control.id}-columns`}
                      autoComplete="off"
                      maxLength={63}
                      value={typed.column}
                      onChange={(event) => change({ column: event.target.value })}
                    />
                    <datalist id={`${control.id}-columns`}>
                      {typed.how === combined ? null : numbers.map(({ name }) => <option key={name} value={name} />)}
                    </datalist>
                  </>
                )}
              </Field>
            ) : null}
          </div>
          <div className="flex gap-3">
            <Field label="Alert" className="flex-1">
              {(control) => (
                <Select {...control} value={typed.line} onChange={(event) => change({ line: event.target.value as Typed['line'] })}>
                  <option value="">never</option>
                  <option value="above">when it is above</option>
                  <option value="below">when it is below</option>
                </Select>
              )}
            </Field>
            {typed.line === '' ? null : (
              <Field label="The line" className="flex-1" error={typed.value !== '' && isLineWrong ? 'A number, such as 12.5.' : null}>
                {(control) => (
                  <Input {...control} inputMode="decimal" autoComplete="off" value={typed.value} onChange={(event) => change({ value: event.target.value })} />
                )}
              </Field>
            )}
          </div>
          <label className="flex items-center gap-2 text-sm">
            <Checkbox checked={typed.isPinned} onCheckedChange={(isPinned) => change({ isPinned })} />
            {pinLabel}
          </label>
          <ErrorNote error={error} />
          <FormActions busy={busy} disabled={!isReady}>
            {given === null ? 'Add the figure' : 'Save the figure'}
          </FormActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}
