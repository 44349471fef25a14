'use client'

import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'next/navigation'
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs'
import { reportQueries } from '@/lib/client/queries/reports'
import type { ReportRun } from '@/lib/tenancy/contract'
import { ChartPanel } from './chart-panel'
import { readAsked, readKept, withSpec, type ChartSpec } from './chart-spec'
import { CombinePanel, type Combining } from './combine-panel'
import { KeepButton } from './keep-button'
import { QueryPanel } from './query-panel'
import type { ChangeReport } from './report-actions'
import { readTab, type ResultTab } from './result-tabs'
import { RowsPanel } from './rows-panel'
import { useKeptCombining } from './use-kept-combining'
import { readView, withView } from './rows-view'

type Props = { readonly report: ReportRun; readonly mayRun: boolean; readonly change: ChangeReport }

const chartKeys = ['chart', 'x', 'y', 'by', 'agg'] as const

/** What came back: as rows, as a picture, combined, and what was asked. Which of them is shown stands in the address. */
export function ResultPanels({ report, mayRun, change }: Props) {
  const search = useSearchParams()
  const tab = readTab(search.get('tab'))
  const name = report.report
  const { data: saved } = useQuery({ ...reportQueries.saved(name?.id ?? 0), enabled: name !== null })
  const [own, setOwn] = useKeptCombining(report.run)
  // As it was when the run was started: a link shows the same later. What was added since stands where there was nothing.
  const kept = report.asSaved?.combine ?? saved?.combine ?? null
  const combining: Combining = own ?? { text: kept ?? '', asked: kept }

  const show = (params: URLSearchParams): void => window.history.replaceState(null, '', `/reports/runs/${report.run}${params.size === 0 ? '' : `?${params}`}`)
  const choose = (next: ResultTab): void => {
    const params = new URLSearchParams(search.toString())
    if (next === 'rows') params.delete('tab')
    else params.set('tab', next)
    show(params)
  }
  const isAsked = chartKeys.some((key) => search.has(key))
  const asked = isAsked ? readAsked(new URLSearchParams(search.toString())) : readKept(report.asSaved?.chart ?? saved?.chart)
  const ask = (spec: ChartSpec): void => {
    const params = withSpec(new URLSearchParams(search.toString()), spec)
    params.set('tab', 'chart')
    show(params)
  }

  return (
    <Tabs value={tab} onValueChange={(value) => choose(readTab(value))} className="flex min-h-0 flex-col gap-4">
      <TabsList aria-label="Parts of the report">
        <TabsTrigger value="rows">Rows</TabsTrigger>
        <TabsTrigger value="chart">Chart</TabsTrigger>
        <TabsTrigger value="combine">Combine</TabsTrigger>
        <TabsTrigger value="query">Query</TabsTrigger>
      </TabsList>
      <TabsContent value="rows" className="focus-visible:outline-offset-4">
        {kept === null ? null : (
          <p className="mb-3 text-sm text-muted">
            These rows are what tenants answered with.{' '}
            <button type="button" className="text-accent-ink underline underline-offset-2" onClick={() => choose('combine')}>
              What the report makes of them
            </button>{' '}
            stands under Combine.
          </p>
        )}
        <RowsPanel
          report={report}
          mayRun={mayRun}
          view={readView(new URLSearchParams(search.toString()), report.columns)}
          onView={(view) => show(withView(new URLSearchParams(search.toString()), view))}
        />
      </TabsContent>
      <TabsContent value="chart" className="focus-visible:outline-offset-4">
        <ChartPanel
          report={report}
          combined={combining.asked}
          asked={asked}
          onAsk={ask}
          mayRun={mayRun}
          keep={(spec) => (name === null ? null : <KeepButton report={name.id} what="chart" part={{ chart: { ...spec } }} change={change} />)}
        />
      </TabsContent>
      <TabsContent value="combine" className="focus-visible:outline-offset-4">
        <CombinePanel
          report={report}
          combining={combining}
          onChange={setOwn}
          keep={
            name === null || combining.asked !== combining.text || combining.text === '' ? null : (
              <KeepButton report={name.id} what="combining SELECT" part={{ combine: combining.text }} change={change} />
            )
          }
        />
      </TabsContent>
      <TabsContent value="query" className="focus-visible:outline-offset-4">
        <QueryPanel report={report} />
      </TabsContent>
    </Tabs>
  )
}
