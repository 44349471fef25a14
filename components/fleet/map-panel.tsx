'use client'

import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useMemo, useState } from 'react'
import { tenantsHref } from '@/components/tenants/tenant-search'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { Panel } from '@/components/ui/page-header'
import { ScrollBox } from '@/components/ui/scroll-box'
import { Skeleton } from '@/components/ui/skeleton'
import { describeReadError } from '@/lib/client/fetch-json'
import { fleetMapQuery } from '@/lib/client/fleet'
import { formatCount } from '@/lib/format'
import { versionStates, type VersionState } from '@/lib/tenancy/contract'
import { FleetMapCanvas } from './fleet-map'
import { MapLegend } from './map-legend'
import { countGroups, totalOf, type GroupCounts } from './map-model'
import { versionStateLooks, versionStateOrder } from './version-state'

export function MapPanel() {
  const map = useQuery(fleetMapQuery)
  const [asTable, setAsTable] = useState(false)
  const groups = map.data?.groups
  const counts = useMemo(() => countGroups(groups ?? []), [groups])
  return (
    <Panel
      title="Fleet map"
      actions={
        <Button variant="ghost" size="sm" className="-mr-2" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? 'Show as map' : 'Show as table'}
        </Button>
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
        <MapTable rows={counts} />
      ) : (
        <div className="flex flex-col gap-4 p-4">
          <FleetMapCanvas groups={groups} />
          <MapLegend counts={totalOf(counts)} />
        </div>
      )}
    </Panel>
  )
}

const isFilterable = (state: string): state is VersionState => (versionStates as readonly string[]).includes(state)

function MapTable({ rows }: { readonly rows: readonly GroupCounts[] }) {
  const states = versionStateOrder.filter((state) => rows.some(({ counts }) => counts[state] > 0))
  return (
    <ScrollBox label="Targets by database and version state">
      <table className="w-full text-sm">
        <caption className="sr-only">Targets by database and version state</caption>
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
                {versionStateLooks[state].label}
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
                  {counts[state] > 0 && isFilterable(state) ? (
                    <Link href={tenantsHref({ database: [database], set: [set], versionState: [state] })} className="hover:underline">
                      {formatCount(counts[state])}
                    </Link>
                  ) : (
                    <span className={counts[state] === 0 ? 'text-faint' : undefined}>{formatCount(counts[state])}</span>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}
