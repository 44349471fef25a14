import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { RepairDemo } from '@/components/demo/repair-demo'
import { runItemSearch } from '@/components/runs/run-items-model'
import { RunView } from '@/components/runs/run-view'
import { WrongAddress } from '@/components/ui/wrong-address'
import { getQueryClient } from '@/lib/client/query-client'
import { runKeys } from '@/lib/client/queries/runs'
import { requireAsker } from '@/lib/server/asker'
import { findDemoProblems } from '@/lib/server/demo'
import { found } from '@/lib/server/found'
import { readSearch, type SearchProps } from '@/lib/server/page-props'
import { requireParam } from '@/lib/server/path-param'
import { getTenancy } from '@/lib/server/tenancy'
import { errorFor } from '@/lib/server/tenant-rows'
import { runId } from '@/lib/tenancy/contract'
import { repairDemoData } from '../../(demo)/actions'
import { cancelBlocker, cancelRun, pauseRun, rerunRun, resumeRun, retryRun, terminateBlocker } from '../actions'

type Props = SearchProps & { readonly params: Promise<{ readonly run: string }> }

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => ({ title: `Run ${(await params).run}` })

export default async function RunPage({ params, searchParams }: Props) {
  const { person } = await requireAsker('runs.read')
  const id = requireParam(runId, (await params).run)
  const { error } = readSearch(runItemSearch, await searchParams)
  if (error !== null) return <WrongAddress title={`Run ${id}`} error={error} path={`/runs/${id}`} />
  const { runs } = getTenancy()
  const [run, map, failures] = await found(Promise.all([runs.get(id), runs.map(id), runs.failures(id)]))
  const client = getQueryClient()
  client.setQueryData(runKeys.detail(run.id), run)
  client.setQueryData(runKeys.map(run.id), map)
  client.setQueryData(
    runKeys.failures(run.id),
    failures.map((group) => ({ ...group, example: errorFor(person.role, group.example) })),
  )
  const broken = await findDemoProblems(run)
  const notice = broken.length === 0 ? null : <RepairDemo run={run.id} role={person.role} broken={broken} action={repairDemoData} />
  const actions = { pause: pauseRun, resume: resumeRun, cancel: cancelRun, retry: retryRun, rerun: rerunRun, cancelBlocker, terminateBlocker }
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <RunView id={run.id} role={person.role} actions={actions} notice={notice} />
    </HydrationBoundary>
  )
}
