'use client'

import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useMemo, useState } from 'react'
import { Button } from '@/components/ui/button'
import { cn } from '@/components/ui/class-names'
import { ErrorState } from '@/components/ui/error-state'
import { Panel } from '@/components/ui/page-header'
import { ScrollBox } from '@/components/ui/scroll-box'
import { Skeleton } from '@/components/ui/skeleton'
import { describeReadError } from '@/lib/client/fetch-json'
import { fleetMapQuery } from '@/lib/client/fleet'
import { formatCount } from '@/lib/format'
import { FleetMapCanvas } from './fleet-map'
import { MapLegend } from './map-legend'
import { cellHref, cellLooks, cellOrders, countGroups, groupsFor, mapViews, totalOf, type GroupCounts, type MapView } from './map-model'

export function MapPanel() {
  const map = useQuery(fleetMapQuery)
  const [asTable, setAsTable] = useState(false)
  const [view, setView] = useState<MapView>('version')
  const read = map.data?.groups
  const groups = useMemo(() => (read === undefined ? undefined : groupsFor(view, read)), [view, read])
  const counts = useMemo(() => countGroups(groups ?? []), [groups])
  return (
    <Panel
      title="Fleet map"
      actions={
        <>
          <ViewChoice view={view} onChange={setView} />
          <Button variant="ghost" size="sm" className="-mr-2" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'Show as map' : 'Show as table'}
          </Button>
        </>
      }
    >
      {map.isError && !groups ? (
        <div className="p-4">
          <ErrorState compact {...describeReadError(map.error)} retry={() => void map.refetch()} />
        </div>
      ) : groups === undefined ? (
        <div className="p-4">
          <Skeleton className="h-48 w-full" />
        </div>
      ) : asTable ? (
        <MapTable view={view} rows={counts} />
      ) : (
        <div className="flex flex-col gap-4 p-4">
          <FleetMapCanvas groups={groups} />
          <MapLegend view={view} counts={totalOf(counts)} />
        </div>
      )}
    </Panel>
  )
}

const viewLabels: Readonly<Record<MapView, string>> = { version: 'Versions', drift: 'Drift' }

/** What the cells are coloured by. */
function ViewChoice({ view, onChange }: { readonly view: MapView; readonly onChange: (view: MapView) => void }) {
  return (
    <span role="group" aria-label="Colour by" className="flex rounded-md border border-line p-px">
      {mapViews.map((one) => (
        <button
          key={one}
          type="button"
          aria-pressed={one === view}
          onClick={() => onChange(one)}
          className={cn('h-6 rounded-sm px-2 text-xs transition-colors', one === view ? 'bg-hover font-medium text-ink' : 'text-muted hover:text-ink')}
        >
          {viewLabels[one]}
        </button>
      ))}
    </span>
  )
}

const captions: Readonly<Record<MapView, string>> = { version: 'Targets by database and version state', drift: 'Targets by database and drift' }

function MapTable({ view, rows }: { readonly view: MapView; readonly rows: readonly GroupCounts[] }) {
  const states = cellOrders[view].filter((state) => rows.some(({ counts }) => counts[state] !== undefined))
  return (
    <ScrollBox label={captions[view]}>
      <table className="w-full text-sm">
        <caption className="sr-only">{captions[view]}</caption>
        <thead>
          <tr className="h-8 border-b border-line text-xs text-muted">
            <th scope="col" className="px-4 text-left font-normal">
              Database
            </th>
            <th scope="col" className="px-3 text-left font-normal">
              Set
            </th>
            <th scope="col" className="px-3 text-right font-normal">
              Targets
            </th>
            {states.map((state) => (
              <th key={state} scope="col" className="px-3 text-right font-normal last:pr-4">
                {cellLooks[state].label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ database, set, total, counts }) => (
            <tr key={`${database} ${set}`} className="h-9 border-b border-line last:border-0 hover:bg-hover">
              <th scope="row" className="mono px-4 text-left font-normal">
                {database}
              </th>
              <td className="mono px-3">{set}</td>
              <td className="px-3 text-right">{formatCount(total)}</td>
              {states.map((state) => (
                <td key={state} className="px-3 text-right last:pr-4">
                  <MapCount count={counts[state] ?? 0} href={cellHref(state, database, set)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

function MapCount({ count, href }: { readonly count: number; readonly href: string | null }) {
  if (count === 0 || href === null) return <span className={count === 0 ? 'text-faint' : undefined}>{formatCount(count)}</span>
  return (
    <Link href={href} className="hover:underline">
      {formatCount(count)}
    </Link>
  )
}
