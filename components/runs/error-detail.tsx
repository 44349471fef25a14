'use client'

import { useMemo } from 'react'
import { CopyButton } from '@/components/ui/copy-button'
import { Dotted } from '@/components/ui/dotted'
import { SqlView, type SqlMark } from '@/components/ui/sql-view'
import { plural } from '@/lib/format'
import type { AttemptError, LockHolder } from '@/lib/tenancy/contract'
import { holderText } from './blockers-model'
import { placeOf, sourceOf } from './run-failures-model'

/** All that PostgreSQL said: message, detail, hint, the statement with the line marked, and the query that shows the rows in the way. */
export function ErrorDetail({ error }: { readonly error: AttemptError }) {
  const place = placeOf(error)
  const source = sourceOf(error)
  const marks = useMemo(
    (): readonly SqlMark[] => (error.line === null ? [] : [{ line: error.line, tone: 'bad', message: error.message }]),
    [error.line, error.message],
  )
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <div className="min-w-0">
        <p className="mono break-words text-ink">{error.message}</p>
        {error.detail === null ? null : <p className="mono mt-1 break-words text-muted">{error.detail}</p>}
        {error.hint === null ? null : <p className="mt-1 break-words text-muted">Hint: {error.hint}</p>}
        <Dotted className="mt-1 text-xs text-muted">
          <>
            {/^[0-9A-Z]{5}$/.test(error.code) ? 'SQLSTATE ' : ''}
            <span className="mono">{error.code}</span>
          </>
          {place === '' ? null : <span className="mono">{place}</span>}
        </Dotted>
      </div>
      {error.heldBy === undefined || error.heldBy.length === 0 ? null : <HeldBy holders={error.heldBy} schema={error.schema} />}
      {error.statement === null ? null : (
        <div className="min-w-0">
          <p className="mb-1 text-xs text-muted">
            The statement that failed{source === '' ? '' : ', '}
            {source === '' ? null : <span className="mono text-ink">{source}</span>}
          </p>
          <SqlView
            sql={error.statement}
            label={`The failing statement${source === '' ? '' : ` of ${source}`}`}
            firstLine={error.statementLine ?? error.line ?? 1}
            marks={marks}
            maxHeight="max-h-64"
          />
        </div>
      )}
      {error.offendingRowsQuery === null ? null : <OffendingRows query={error.offendingRowsQuery} schema={error.schema} />}
    </div>
  )
}

function HeldBy({ holders, schema }: { readonly holders: readonly LockHolder[]; readonly schema: string | null }) {
  return (
    <div className="min-w-0">
      <p className="mb-1 text-xs text-muted">
        When it gave up, {plural(holders.length, 'session')} held locks in {schema === null ? 'its schema' : <span className="mono text-ink">{schema}</span>}
      </p>
      <ul className="flex flex-col gap-0.5">
        {holders.map((holder) => (
          <li key={`${holder.pid} ${holder.backendStart}`} className="break-words">
            {holderText(holder)}
          </li>
        ))}
      </ul>
    </div>
  )
}

function OffendingRows({ query, schema }: { readonly query: string; readonly schema: string | null }) {
  return (
    <div className="min-w-0">
      <p className="mb-1 text-xs text-muted">
        The query that shows the rows in the way{schema === null ? '' : ', here of '}
        {schema === null ? null : <span className="mono text-ink">{schema}</span>}
      </p>
      <div className="flex items-start gap-1 rounded-md border border-line bg-sunken py-1 pr-1 pl-3">
        <code className="mono min-w-0 flex-1 py-1 break-words whitespace-pre-wrap text-ink">{query}</code>
        <CopyButton text={query} label="Copy the query" />
      </div>
    </div>
  )
}
