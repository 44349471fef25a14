'use client'

import { useQuery } from '@tanstack/react-query'
import { Sigma } from 'lucide-react'
import { useMemo } from 'react'
import { Button } from '@/components/ui/button'
import { ErrorNote } from '@/components/ui/error-note'
import { ErrorState } from '@/components/ui/error-state'
import { SkeletonRows } from '@/components/ui/skeleton'
import { describeReadError, RefusedError } from '@/lib/client/fetch-json'
import { reportQueries } from '@/lib/client/queries/reports'
import { formatCount, plural } from '@/lib/format'
import { isFinalRun, type CombinedRows, type ReportRun } from '@/lib/tenancy/contract'
import { combineTables, suggestionsFor } from './combine-model'
import { DownloadCombined } from './download-menu'
import { formatSql } from './format-sql'
import { problemsIn } from './report-text-model'
import { RowsTable } from './rows-table'
import { SqlEditor } from './sql-editor'

export type Combining = {
  readonly text: string
  /** The text that was asked last; null: none yet. */
  readonly asked: string | null
}

type Props = {
  readonly report: ReportRun
  readonly combining: Combining
  readonly onChange: (combining: Combining) => void
  /** Keeps the text with the report. */
  readonly keep: React.ReactNode
}

const hint = `select database, sum(hours) as hours
from results join tenants using (tenant)
group by database

results: the rows; tenants: tenant (or slug), name, labels, database, bytes, version.`

/** A second SELECT, over what the tenants have answered, with its own answer. */
export function CombinePanel({ report, combining, onChange, keep }: Props) {
  const { text, asked } = combining
  const answer = useQuery({ ...reportQueries.combined(report.run, asked ?? ''), enabled: asked !== null })
  const refusal = answer.error instanceof RefusedError ? answer.error.document : null
  const problems = useMemo(() => (asked === text ? problemsIn(refusal, text) : []), [asked, text, refusal])
  const tables = useMemo(() => combineTables(report.columns), [report.columns])
  const ask = (): void => {
    if (text.trim() === '') return
    if (asked === text) void answer.refetch()
    else onChange({ text, asked: text })
  }
  const format = (): void => void formatSql(text).then((formatted) => (formatted === null ? undefined : onChange({ text: formatted, asked })))

  return (
    <div className="flex flex-col gap-4">
      <section aria-label="Combining SELECT" className="overflow-hidden rounded-lg border border-line bg-surface">
        <div className="h-40">
          <SqlEditor
            text={text}
            label="SELECT over the rows"
            hint={hint}
            problems={problems}
            tables={tables}
            onChange={(next) => (next === text ? undefined : onChange({ text: next, asked }))}
            onRun={ask}
            onFormat={format}
          />
        </div>
        <footer className="flex flex-wrap items-center gap-2 border-t border-line px-3 py-1.5">
          <span className="text-xs text-muted">Begin with</span>
          {suggestionsFor(report.columns).map(({ label, sql }) => (
            <Button key={label} size="sm" variant="ghost" onClick={() => onChange({ text: sql, asked: sql })}>
              {label}
            </Button>
          ))}
          <span className="ml-auto flex gap-2">
            {keep}
            <Button variant="primary" busy={answer.isFetching} disabled={text.trim() === ''} onClick={ask}>
              <Sigma aria-hidden />
              Combine
            </Button>
          </span>
        </footer>
      </section>
      {answer.error ? refusal === null ? <ErrorState compact {...describeReadError(answer.error)} /> : <ErrorNote error={refusal} /> : null}
      {asked !== null && answer.isPending ? <SkeletonRows rows={3} className="rounded-lg border border-line bg-surface" /> : null}
      {asked === null || answer.data === undefined || answer.error ? null : (
        <CombinedTable run={report.run} sql={asked} combined={answer.data} isOpen={!isFinalRun(report.state)} />
      )}
      {asked === null ? (
        <p className="text-sm text-muted">Its answer stands here: totals, percentiles, the ten largest. Each time it is asked leaves a line in the audit.</p>
      ) : null}
    </div>
  )
}

type TableProps = { readonly run: number; readonly sql: string; readonly combined: CombinedRows; readonly isOpen: boolean }

function CombinedTable({ run, sql, combined, isOpen }: TableProps) {
  const { columns, rows, isCut } = combined
  return (
    <section aria-label="Combined rows" className="overflow-clip rounded-lg border border-line bg-surface">
      <p role="status" className="flex min-h-9 flex-wrap items-center gap-x-2 border-b border-line px-3 text-xs text-muted">
        <span>
          <span className="font-medium text-ink">{formatCount(rows.length)}</span> {rows.length === 1 ? 'row' : 'rows'}
          {isCut ? ', the first of more; a download holds all' : ''}
        </span>
        {isOpen ? <span>of what had come when it was asked; combine again for the rest</span> : null}
        {rows.length === 0 ? null : (
          <span className="ml-auto">
            <DownloadCombined run={run} sql={sql} />
          </span>
        )}
      </p>
      {rows.length === 0 ? (
        <p className="px-4 py-6 text-sm text-muted">The combining SELECT found nothing in {plural(columns.length, 'column')}.</p>
      ) : (
        <RowsTable
          label={`Combined rows of report ${run}`}
          columns={columns}
          total={rows.length}
          sample={rows.slice(0, 200)}
          rowAt={(index) => rows[index]}
          onSee={ignore}
          order={null}
          onSort={null}
        />
      )}
    </section>
  )
}

const ignore = (): void => undefined
