'use client'

import { useQuery } from '@tanstack/react-query'
import { AlignLeft, CircleAlert, CircleCheck } from 'lucide-react'
import { useMemo, useRef } from 'react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { Kbd } from '@/components/ui/kbd'
import { reportQueries } from '@/lib/client/queries/reports'
import { plural } from '@/lib/format'
import type { ReportProblem } from '@/lib/tenancy/contract'
import { formatSql } from './format-sql'
import type { EditorHandle } from './mount-editor'
import type { TableColumns } from './completion-model'
import { SqlEditor } from './sql-editor'

type Props = {
  readonly set: string
  readonly sql: string
  readonly problems: readonly ReportProblem[]
  /** The text was looked at as it stands. */
  readonly isChecked: boolean
  /** Why it was refused as a whole; null: it was not. */
  readonly refused: string | null
  readonly isReadOnly: boolean
  readonly onChange: (sql: string) => void
  readonly onRun: () => void
}

const hint = `-- :since date = 2026-01-01
select count(*) as seats
from employees
where created_at >= :since

Written as if there were one tenant; each answers from its own schema.`

const noTables: TableColumns = {}

/** The text of a report, with what is wrong with it at its place and as a list. */
export function ReportEditor({ set, sql, problems, isChecked, refused, isReadOnly, onChange, onRun }: Props) {
  const handle = useRef<EditorHandle | null>(null)
  const { data: structure } = useQuery({ ...reportQueries.structure(set), enabled: !isReadOnly })
  const tables = useMemo<TableColumns>(
    () => (structure === undefined ? noTables : Object.fromEntries(structure.tables.map(({ name, columns }) => [name, columns.map((column) => column.name)]))),
    [structure],
  )
  const format = (): void =>
    void formatSql(sql).then((formatted) => {
      if (formatted === null) toast.error('The text cannot be formatted as it stands.', { description: 'Mend what is underlined first.' })
      else onChange(formatted)
    })
  return (
    <section aria-label="SELECT" className="flex min-w-0 flex-col overflow-hidden rounded-lg border border-line bg-surface">
      <div className="h-[clamp(15rem,42vh,30rem)]">
        <SqlEditor
          text={sql}
          label="SELECT of the report"
          hint={hint}
          isReadOnly={isReadOnly}
          problems={problems}
          tables={tables}
          handleRef={handle}
          onChange={onChange}
          onRun={onRun}
          onFormat={format}
        />
      </div>
      <footer className="flex flex-wrap items-start gap-x-3 gap-y-1 border-t border-line px-3 py-1.5 text-sm">
        {isReadOnly ? (
          <p className="py-1 text-muted">You may not change it.</p>
        ) : (
          <Problems
            problems={problems}
            isChecked={isChecked}
            refused={refused}
            isEmpty={sql.trim() === ''}
            onGoTo={(line, column) => handle.current?.goTo(line, column)}
          />
        )}
        <span className="ml-auto flex shrink-0 items-center gap-3">
          <span className="hidden items-center gap-1 text-xs text-muted sm:flex">
            <Kbd>Ctrl</Kbd>
            <Kbd>Enter</Kbd> runs
          </span>
          <Button size="sm" variant="ghost" onClick={format} disabled={isReadOnly || sql.trim() === ''}>
            <AlignLeft aria-hidden />
            Format
          </Button>
        </span>
      </footer>
    </section>
  )
}

type ProblemsProps = {
  readonly problems: readonly ReportProblem[]
  readonly isChecked: boolean
  readonly refused: string | null
  readonly isEmpty: boolean
  readonly onGoTo: (line: number, column: number) => void
}

const shownAtOnce = 5

function Problems({ problems, isChecked, refused, isEmpty, onGoTo }: ProblemsProps) {
  if (isEmpty) return <p className="py-1 text-muted">One SELECT, written as if there were one tenant.</p>
  if (problems.length === 0 && refused !== null)
    return (
      <p role="alert" className="flex min-w-0 flex-1 items-start gap-1.5 py-1">
        <CircleAlert aria-hidden className="mt-1 size-3.5 shrink-0 text-bad-ink" />
        <span className="min-w-0 break-words">{refused}</span>
      </p>
    )
  if (problems.length === 0)
    return (
      <p className="flex items-center gap-1.5 py-1 text-muted">
        {isChecked ? <CircleCheck aria-hidden className="size-3.5 text-good-ink" /> : null}
        {isChecked ? 'One SELECT that may be asked. Names are looked up when it is tried.' : 'Looking at it…'}
      </p>
    )
  return (
    <ul aria-live="polite" aria-label={plural(problems.length, 'problem')} className="flex min-w-0 flex-1 flex-col">
      {problems.slice(0, shownAtOnce).map(({ line, column, message }) => (
        <li key={`${line} ${column} ${message}`}>
          <button type="button" onClick={() => onGoTo(line, column)} className="flex items-start gap-1.5 rounded-sm py-0.5 text-left hover:underline">
            <CircleAlert aria-hidden className="mt-1 size-3.5 shrink-0 text-bad-ink" />
            <span className="min-w-0 break-words">
              <span className="text-muted">
                {line}:{column}
              </span>{' '}
              {message}
            </span>
          </button>
        </li>
      ))}
      {problems.length > shownAtOnce ? <li className="pl-5 text-muted">and {plural(problems.length - shownAtOnce, 'problem')} more</li> : null}
    </ul>
  )
}
