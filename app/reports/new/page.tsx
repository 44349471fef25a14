import type { Metadata } from 'next'
import { z } from 'zod'
import type { Draft } from '@/components/reports/draft-model'
import { NewReportView } from '@/components/reports/new-report-view'
import { NoSets } from '@/components/reports/no-sets'
import { WrongAddress } from '@/components/ui/wrong-address'
import { requireAsker } from '@/lib/server/asker'
import { readSearch, type SearchProps } from '@/lib/server/page-props'
import { foundReport } from '@/lib/server/report-for'
import { getTenancy } from '@/lib/server/tenancy'
import { runId, setName, type Actor } from '@/lib/tenancy/contract'
import { createReport, startReport } from '../actions'

export const metadata: Metadata = { title: 'New report' }

const address = z.object({
  set: setName.optional(),
  /** A run whose text is to be changed. */
  from: runId.optional(),
})

const draftFrom = async (actor: Actor, run: number): Promise<Draft> => {
  const { set, sql, params, selection, missing } = await foundReport(getTenancy().reports.get(actor, run))
  return { set, sql, params, selection: selection ?? { kind: 'all' }, missing, trial: null }
}

export default async function NewReportPage({ searchParams }: SearchProps) {
  const { actor, person } = await requireAsker('reports.run')
  // Which tenants are meant may stand behind the #, which never comes here.
  const { input, error } = readSearch(address, await searchParams)
  if (error !== null) return <WrongAddress title="New report" error={error} path="/reports/new" />
  const sets = (await getTenancy().sets.list()).map(({ name }) => ({ name }))
  const set = input.set ?? sets[0]?.name
  if (set === undefined) return <NoSets />
  const given: Draft =
    input.from === undefined ? { set, sql: '', params: {}, selection: { kind: 'all' }, missing: 'name', trial: null } : await draftFrom(actor, input.from)
  const draftOf = input.from === undefined ? 'new' : `run-${input.from}`
  return <NewReportView key={draftOf} sets={sets} role={person.role} draftOf={draftOf} given={given} start={startReport} create={createReport} />
}
