/**
 * A run over all targets whose outcomes are made up, told to the control plane by the conductor's own report: same batches, same transactions, same
 * notifications as a rollout's, at a rate that does not depend on how busy the machine is.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemActor } from '../../../lib/tenancy/contract/permissions.ts'
import type { AttemptError } from '../../../lib/tenancy/contract/views.ts'
import { openControl } from '../../../lib/tenancy/control/db.ts'
import { emptyDigest } from '../../../lib/tenancy/migrations/digest.ts'
import type { HistorySummary } from '../../../lib/tenancy/migrations/history.ts'
import { beat, releaseLease, takeLease } from '../../../lib/tenancy/runs/conduct/lease.ts'
import { writeReport } from '../../../lib/tenancy/runs/conduct/report.ts'
import type { ItemReport } from '../../../lib/tenancy/runs/conduct/report-rows.ts'
import { itemWord } from '../../support/item-word.ts'
import { fleetDir } from '../fleet-set.ts'
import { setName } from '../product.ts'
import type { WebStage } from './stage.ts'

/** What a conductor does while something settles. */
const reportMs = 150
const beatMs = 2_000
const inHand = 6
/** One target in so many fails, by one of two causes. */
const failing = 400
const worker = 'bench'

export type Feed = {
  readonly run: number
  readonly targets: number
  /** Items settled so far. */
  settled(): number
  /** Settles with the milliseconds it took, once all items have. */
  readonly done: Promise<number>
}

type Item = { readonly position: number; readonly target: number; readonly tenant: number; readonly schema: string }

const errorOf = (position: number, version: string, schema: string): AttemptError => ({
  code: position % 2 === 0 ? '23505' : '23502',
  message: position % 2 === 0 ? 'could not create unique index "customers_email_key"' : 'column "email" of relation "customers" contains null values',
  detail: null,
  hint: null,
  schema,
  table: 'customers',
  constraint: null,
  version,
  file: `${version}_step.sql`,
  line: 1,
  statement: `alter table orders add column step_${version} integer`,
  statementLine: 1,
  offendingRowsQuery: null,
})

/** One more migration in the set, which every target lacks. */
const nextVersion = async (stage: WebStage): Promise<string> => {
  const [row] = await stage.sql<Array<{ head: number }>>`select count(*)::int as head from tenantry.migration`
  const version = String((row?.head ?? 0) + 1).padStart(4, '0')
  const dir = join(stage.folder, 'set')
  mkdirSync(dir, { recursive: true })
  cpSync(fleetDir, dir, { recursive: true })
  writeFileSync(join(dir, `${version}_step.sql`), `alter table orders add column step_${version} integer;\n`)
  await stage.tenancy.sets.sync(systemActor, { name: setName, dir })
  return version
}

const itemsOf = (stage: WebStage, run: number): Promise<readonly Item[]> => stage.sql<Item[]>`
  select i.position::int as position, i.target_id::int as target, i.tenant_id::int as tenant, t.schema_name as schema
  from tenantry.run_item i join tenantry.target t on t.id = i.target_id where i.run_id = ${run} order by i.position`

const reporter = (run: number, version: string, seen: HistorySummary) => {
  const word = ({ position, target, tenant }: Item, part: Partial<ItemReport>): ItemReport =>
    itemWord({ run, position, targetId: target, tenantId: tenant, attempts: 1, ...part })
  const settled = (item: Item): ItemReport => {
    const state = item.position % failing === 0 ? 'failed' : 'succeeded'
    const error = state === 'failed' ? errorOf(item.position, version, item.schema) : null
    const finishedAt = new Date()
    const startedAt = new Date(finishedAt.getTime() - 5 - (item.position % 20))
    const attempt = { state, startedAt, finishedAt, versionsApplied: error ? [] : [version], backendPid: 1, error, claimed: false } as const
    return word(item, { state, startedAt, attempt, error, seen: error ? null : seen })
  }
  return { running: (item: Item) => word(item, {}), settled }
}

/** Starts the run and returns while it goes on. Its targets start behind by one migration or more and end at head, but for those that fail. */
export const startFeed = async (stage: WebStage, perSecond: number): Promise<Feed> => {
  const version = await nextVersion(stage)
  const { run } = await stage.tenancy.runs.start(systemActor, { set: setName, selection: { kind: 'all' }, note: '' })
  const items = await itemsOf(stage, run)
  const [head] = await stage.sql<Array<{ server: number; digest: string; applied: number }>>`
    select (select id from tenantry.server)::int as server, prefix_digest as digest, position::int as applied from tenantry.migration where version = ${version}`
  if (!head) throw new Error(`migration ${version} is not there`)
  const control = openControl(stage.controlUrl, { max: 3 })
  const says = reporter(run, version, { applied: head.applied, version, digest: head.digest, lastRun: run, unfinished: null })
  let settled = 0

  const work = async (): Promise<number> => {
    await stage.sql`insert into tenantry.worker (name) values (${worker}) on conflict (name) do update set heartbeat_at = now()`
    const lease = await takeLease(control.db, head.server, worker)
    const begun = performance.now()
    let beatAt = -beatMs
    while (settled < items.length) {
      const now = performance.now() - begun
      if (now - beatAt >= beatMs) {
        beatAt = now
        await beat(control.db, lease, { waitingFor: null, pace: { now: inHand, most: inHand, reason: null } })
        await stage.sql`update tenantry.worker set heartbeat_at = now() where name = ${worker}`
      }
      const until = Math.min(items.length, Math.floor((now * perSecond) / 1000))
      const told = [...items.slice(settled, until).map(says.settled), ...items.slice(until, until + inHand).map(says.running)]
      const attempts = told.filter(({ attempt }) => attempt !== null)
      await writeReport(control.db, lease, worker, { items: told, attempts, quiet: until === items.length ? [run] : [] }, emptyDigest)
      settled = until
      await sleep(reportMs)
    }
    const took = performance.now() - begun
    await releaseLease(control.db, lease)
    return took
  }

  const toItsEnd = async (): Promise<number> => {
    try {
      return await work()
    } finally {
      await control.close()
    }
  }
  const done = toItsEnd()
  // Whoever waits for it hears of its failure; nobody may have begun to yet.
  done.catch(() => undefined)
  return { run, targets: items.length, settled: () => settled, done }
}

/** Looks at a part of the fleet again, as a round of observation does: new times, and other sizes. */
export const touchObservations = (stage: WebStage, round: number): Promise<unknown> =>
  stage.sql.begin(async (sql) => {
    await sql`update tenantry.observation set observed_at = now(), bytes = bytes + 8192,
      version_state = case when version_state = 'behind' then 'at_head' else 'behind' end where target_id % 20 = ${round % 20}`
    await sql`select pg_notify('tenantry', ${JSON.stringify({ topic: 'observations' })})`
  })
