import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { planInputOf, readSelection } from '@/components/migrations/plan-model'
import { RolloutView } from '@/components/migrations/rollout-view'
import { getQueryClient } from '@/lib/client/query-client'
import { setKeys } from '@/lib/client/queries/migrations'
import { requireAsker } from '@/lib/server/asker'
import { found } from '@/lib/server/found'
import { toSearchParams, type SearchProps } from '@/lib/server/page-props'
import { requireParam } from '@/lib/server/path-param'
import { getTenancy } from '@/lib/server/tenancy'
import { planInput, setName } from '@/lib/tenancy/contract'
import { planRun, startRun } from '../../actions'

type Props = SearchProps & { readonly params: Promise<{ readonly set: string }> }

export const metadata: Metadata = { title: 'Roll out' }

export default async function RolloutPage({ params, searchParams }: Props) {
  await requireAsker('runs.start')
  const { sets, runs } = getTenancy()
  const set = await found(sets.get(requireParam(setName, (await params).set)))
  const search = toSearchParams(await searchParams)
  const selection = readSelection(search)
  const client = getQueryClient()
  if (selection !== null) {
    const input = planInputOf(set.name, selection, search.get('to'))
    const parsed = planInput.safeParse(input)
    // What can't be planned is refused to the browser, which asks again and says why.
    const plan = parsed.success ? await runs.plan(parsed.data).catch(() => null) : null
    if (plan !== null) client.setQueryData(setKeys.plan(input), plan)
  }
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <RolloutView set={set.name} versions={set.list.map(({ version, name }) => ({ version, name }))} plan={planRun} start={startRun} />
    </HydrationBoundary>
  )
}
