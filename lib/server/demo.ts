import 'server-only'
import { findConnection } from '@/lib/connection'
import { findBrokenTenants, repairDemoData } from '@/lib/demo/repair'
import type { DemoRepair } from '@/lib/demo/repair'
import type { Actor, RunSummary, Tenancy } from '@/lib/tenancy/contract'

/**
 * The demo's tenants whose rows are in the way of this run; empty for every fleet but the demo's, and for runs that went well. A demo that somebody has
 * taken apart is no reason not to show the run.
 */
export const findDemoProblems = async ({ set, kind, counts }: Pick<RunSummary, 'set' | 'kind' | 'counts'>): Promise<readonly string[]> => {
  if (kind !== 'migrate' || counts.failed === 0) return []
  const { isEmbedded, controlUrl } = findConnection()
  return isEmbedded ? findBrokenTenants(controlUrl, set).catch(() => []) : []
}

/** Puts the demo's rows right and leaves an audit row when there was anything to do. */
export const repairDemo = async (tenancy: Tenancy, actor: Actor): Promise<DemoRepair> => {
  const { isEmbedded, controlUrl } = findConnection()
  if (!isEmbedded) return { tenants: [], invoices: 0, locked: [] }
  const repaired = await repairDemoData(controlUrl)
  if (repaired.invoices > 0) await tenancy.audit.record({ actor, action: 'demo.repair', subjectKind: 'demo', subject: 'invoices', details: { ...repaired } })
  return repaired
}
