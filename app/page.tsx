import { HydrationBoundary, dehydrate } from '@tanstack/react-query'
import { FirstRun } from '@/components/fleet/first-run'
import { firstStep } from '@/components/fleet/fleet-model'
import { FleetView } from '@/components/fleet/fleet-view'
import { fleetMapQuery, fleetOverviewQuery } from '@/lib/client/fleet'
import { getQueryClient } from '@/lib/client/query-client'
import { reportQueries } from '@/lib/client/queries/reports'
import { requireAsker } from '@/lib/server/asker'
import { getTenancy } from '@/lib/server/tenancy'
import { may } from '@/lib/tenancy/contract'
import { observeTenants } from './tenants/actions'

export default async function FleetPage() {
  const { actor, person } = await requireAsker('fleet.read')
  const { fleet, databases, sets, reports } = getTenancy()
  const overview = await fleet.overview()
  if (overview.tenants === 0) {
    const [databaseList, setList] = await Promise.all([databases.list(), sets.list()])
    const next = firstStep({ databases: databaseList.length, sets: setList.length, tenants: 0 })
    if (next) return <FirstRun next={next} mayAct={may(person.role, 'tenants.onboard')} />
  }
  const client = getQueryClient()
  client.setQueryData(fleetOverviewQuery.queryKey, overview)
  await Promise.all([
    client.prefetchQuery({ ...fleetMapQuery, queryFn: () => fleet.map() }),
    client.prefetchQuery({ ...reportQueries.pinned, queryFn: () => reports.saved.pinned(actor) }),
  ])
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <FleetView observe={may(person.role, 'targets.observe') ? observeTenants : null} />
    </HydrationBoundary>
  )
}
