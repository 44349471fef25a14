'use client'

import { useQuery } from '@tanstack/react-query'
import { ChartColumn } from 'lucide-react'
import Link from 'next/link'
import { useMemo, useState } from 'react'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { ScrollBox } from '@/components/ui/scroll-box'
import { Skeleton } from '@/components/ui/skeleton'
import { describeReadError, RefusedError } from '@/lib/client/fetch-json'
import { reportQueries } from '@/lib/client/queries/reports'
import { formatCount, plural } from '@/lib/format'
import { isFinalRun, type ReportRun } from '@/lib/tenancy/contract'
import { ChartChoice } from './chart-choice'
import { cutWords, drawChart, type Drawn } from './chart-drawn'
import { ChartHeat } from './chart-heat'
import { ChartPlot } from './chart-plot'
import { fitSpec, type ChartSpec } from './chart-spec'
import { longNumber } from './chart-stats'
import { GoneRows } from './gone-rows'

type Props = {
  readonly report: ReportRun
  /** The combining SELECT that was asked; null: the rows themselves are drawn. */
  readonly combined: string | null
  readonly asked: Partial<ChartSpec>
  readonly onAsk: (spec: ChartSpec) => void
  readonly keep: (spec: ChartSpec) => React.ReactNode
  readonly mayRun: boolean
}

const useSource = (report: ReportRun, combined: string | null) => {
  const rows = useQuery({ ...reportQueries.drawn(report.run, isFinalRun(report.state)), enabled: combined === null && !report.isExpired })
  const answer = useQuery({ ...reportQueries.combined(report.run, combined ?? ''), enabled: combined !== null && !report.isExpired })
  return combined === null ? rows : answer
}

/** The rows as a picture: chosen here, kept in the address, with a table behind it. */
export function ChartPanel({ report, combined: given, asked, onAsk, keep, mayRun }: Props) {
  const [isPlain, setPlain] = useState(false)
  const combined = isPlain ? null : given
  const source = useSource(report, combined)
  const { data } = source
  const spec = useMemo(() => (data === undefined ? null : fitSpec(data.columns, asked)), [data, asked])
  const isCut = data !== undefined && ('isCut' in data ? data.isCut : data.total > data.rows.length)
  const drawn = useMemo(() => (data === undefined || spec === null ? null : drawChart(data.columns, data.rows, spec, isCut)), [data, spec, isCut])
  if (report.isExpired) return <GoneRows report={report} code="report.expired" mayRun={mayRun} />
  if (source.error instanceof RefusedError && source.error.code === 'report.lost') return <GoneRows report={report} code="report.lost" mayRun={mayRun} />
  if (source.error && data === undefined) return <ErrorState {...describeReadError(source.error)} retry={() => void source.refetch()} />
  if (data === undefined) return <Skeleton className="h-96 w-full rounded-lg" />
  const sourceNote =
    given === null ? null : (
      <p className="text-xs text-muted">
        Drawn from {isPlain ? 'the rows' : 'the combined rows'}.{' '}
        <button type="button" className="text-accent-ink underline underline-offset-2" onClick={() => setPlain(!isPlain)}>
          {isPlain ? 'Draw the combined rows' : 'Draw the rows themselves'}
        </button>
      </p>
    )
  if (spec === null || data.rows.length === 0)
    return (
      <div className="flex flex-col gap-4">
        <Nothing {...nothingWords(data.rows.length === 0, combined !== null, isFinalRun(report.state))} />
        {sourceNote}
      </div>
    )
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-end gap-3">
        <ChartChoice columns={data.columns} spec={spec} onChange={(next) => onAsk(fitSpec(data.columns, next) ?? spec)} />
        <span className="ml-auto">{keep(spec)}</span>
      </div>
      {drawn === null ? <Nothing {...(isCut ? noWholeTenant : noNumber)} /> : <Figure drawn={drawn} />}
      {sourceNote}
      {isCut ? (
        <p className="text-xs text-muted">
          {cutWords(data.columns, data.rows, spec, { isCombined: combined !== null, total: 'total' in data ? data.total : null })}
        </p>
      ) : null}
    </div>
  )
}

type NothingWords = { readonly title: string; readonly children: string }

const noNumber: NothingWords = {
  title: 'There is no number to draw',
  children: 'Bars and distributions need a column with a number; lines and heat a time as well.',
}
const noWholeTenant: NothingWords = {
  title: 'There is no number of a whole tenant to draw',
  children: 'The rows are cut, and among them there is a number of no tenant that is known to be there with all of its own.',
}

function Nothing(words: NothingWords) {
  return (
    <div className="rounded-lg border border-line bg-surface">
      <EmptyState icon={ChartColumn} {...words} />
    </div>
  )
}

const nothingWords = (isEmpty: boolean, isCombined: boolean, isFinal: boolean): NothingWords => {
  if (!isEmpty) return noNumber
  if (isCombined)
    return {
      title: 'The combining SELECT found no rows',
      children: 'Of what tenants have answered nothing fits its conditions. The rows themselves can be drawn.',
    }
  return {
    title: 'There are no rows to draw',
    children: isFinal ? 'No tenant answered with a row.' : 'As soon as tenants answer with rows, they are drawn here.',
  }
}

function Figure({ drawn }: { readonly drawn: Drawn }) {
  const [asTable, setAsTable] = useState(false)
  const { plot, heat, title, sentence, outliers } = drawn
  return (
    <figure className="rounded-lg border border-line bg-surface">
      <figcaption className="flex flex-wrap items-start gap-x-3 gap-y-1 border-b border-line px-4 py-2 text-sm">
        <div className="min-w-0 flex-1">
          <h2 className="font-semibold break-words">{title}</h2>
          <p className="text-muted">{sentence}</p>
        </div>
        {plot === null ? null : (
          <Button size="sm" variant="ghost" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'Show as chart' : 'Show as table'}
          </Button>
        )}
      </figcaption>
      <div className="p-3">
        {heat === null ? null : <ChartHeat heat={heat} label={title} />}
        {plot === null || asTable ? null : <ChartPlot plot={plot} />}
        {plot !== null && asTable ? <NumbersTable drawn={drawn} /> : null}
      </div>
      {outliers.length === 0 ? null : <Outliers tenants={outliers} />}
    </figure>
  )
}

function NumbersTable({ drawn: { title, headings, table } }: { readonly drawn: Drawn }) {
  return (
    <ScrollBox label={title} className="max-h-[60vh] overflow-y-auto">
      <table className="w-full text-sm">
        <caption className="sr-only">{title}</caption>
        <thead>
          <tr className="h-8 border-b border-line text-left text-xs text-muted">
            {headings.map((heading, index) => (
              <th key={`${index} ${heading}`} scope="col" className={index === 0 ? 'px-2 font-normal' : 'px-2 text-right font-normal'}>
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.map((cells, row) => (
            <tr key={`${row} ${cells[0]}`} className="border-b border-line last:border-0">
              {cells.map((cell, index) => (
                <td key={index} className={index === 0 ? 'px-2 py-1' : 'px-2 py-1 text-right'}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

const outliersNamed = 12

function Outliers({ tenants }: { readonly tenants: Drawn['outliers'] }) {
  return (
    <div className="border-t border-line px-4 py-2 text-sm">
      <h3 className="text-xs text-muted">{plural(tenants.length, 'tenant')} far from the others</h3>
      <ul className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5">
        {tenants.slice(0, outliersNamed).map(({ tenant, value }) => (
          <li key={tenant}>
            <Link href={`/tenants/${tenant}`} prefetch={false} className="mono text-accent-ink underline-offset-2 hover:underline">
              {tenant}
            </Link>{' '}
            {longNumber(value)}
          </li>
        ))}
        {tenants.length > outliersNamed ? <li className="text-muted">and {formatCount(tenants.length - outliersNamed)} more</li> : null}
      </ul>
    </div>
  )
}
