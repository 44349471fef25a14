/** A finished run of the demo with failures that nobody has put right yet, for whoever needs one of their own. */
import { setTimeout as sleep } from 'node:timers/promises'
import { newestVersion } from '../../lib/demo/fleet.ts'
import { readDemo, urlBeside, withSql } from '../../lib/demo/setting.ts'
import { isFinalRun, systemActor, type RunDetail, type Tenancy } from '../../lib/tenancy/contract/index.ts'
import { quoteIdent } from '../../lib/tenancy/sql/ident.ts'

/** The newest migration and its row undone, and one invoice's dates swapped. */
const spoil = (schema: string): string => {
  const s = quoteIdent(schema)
  return `alter table ${s}.invoices drop constraint if exists invoices_due_after_issue, drop column if exists reminded_at;
    delete from ${s}.tenantry_history where version = '${newestVersion}';
    update ${s}.invoices set due_on = issued_on - 1 where id = (select min(id) from ${s}.invoices)`
}

/** Waits until the run is over and has been read back. */
export const ended = async (tenancy: Tenancy, run: number): Promise<RunDetail> => {
  for (const end = Date.now() + 60_000; ; await sleep(50)) {
    const detail = await tenancy.runs.get(run)
    if (isFinalRun(detail.state) && detail.verified !== null) return detail
    if (Date.now() > end) throw new Error(`run ${run} is still ${detail.state}`)
  }
}

/**
 * Rolls the newest migration out to the demo's four tenants whose data breaks it.
 * @returns the path of the run's page
 */
export const makeFailedRun = async (tenancy: Tenancy, controlUrl: string): Promise<string> => {
  const demo = await readDemo(controlUrl)
  if (!demo) throw new Error('there is no demo here')
  for (const { dbname, schema } of demo.broken) await withSql(urlBeside(controlUrl, dbname), (sql) => sql.unsafe(spoil(schema)).simple())
  const slugs = demo.broken.map(({ slug }) => slug)
  await tenancy.observation.now({ slugs })
  const { run } = await tenancy.runs.start(systemActor, { set: demo.set, selection: { kind: 'tenants', slugs }, note: '' })
  const { counts } = await ended(tenancy, run)
  if (counts.failed !== slugs.length) throw new Error(`run ${run} should have failed for ${slugs.join(', ')}`)
  return `/runs/${run}`
}
