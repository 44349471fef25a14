import { sql } from 'kysely'
import type { RunItemsInput } from '../contract/commands.ts'
import { isFinalRun, type ItemState } from '../contract/states.ts'
import {
  itemLetters,
  type AttemptError,
  type AttemptView,
  type RunDetail,
  type RunItemPage,
  type RunItemRow,
  type RunMap,
  type RunSummary,
} from '../contract/views.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import type { FrozenMigration } from '../control/schema.ts'
import { TenancyError } from '../errors.ts'
import { readDifferentShapes, readDiffering } from './differing.ts'
import { putRightBy, putRightOf, readLeftovers } from './leftovers.ts'
import { summariesWhere } from './summaries.ts'
import { readPaces } from './paces.ts'
import { readWait } from './waits.ts'

type Db = Pick<Library, 'control'>

type ServerRow = {
  readonly server: string
  readonly budget: number
  readonly worker: string | null
  readonly heartbeatAt: Date | null
  readonly waitingFor: string | null
}

const serversOf = async (db: ControlDb, run: number): Promise<ReadonlyArray<Omit<RunDetail['servers'][number], 'pace'>>> => {
  const { rows } = await sql<ServerRow>`
    select s.name as server, s.budget, c.worker, c.heartbeat_at as "heartbeatAt", c.waiting_for as "waitingFor"
    from (select distinct server_id from run_item where run_id = ${run}) i
    join server s on s.id = i.server_id
    left join conductor c on c.server_id = s.id order by s.name`.execute(db)
  return rows.map(({ server, budget, worker, heartbeatAt, waitingFor }) => ({
    server,
    budget,
    conductor: worker === null || heartbeatAt === null ? null : { worker, heartbeatAt: heartbeatAt.toISOString() },
    waitingFor,
  }))
}

type ExtraRow = {
  readonly revision: number
  readonly maxConcurrent: number | null
  readonly failureTolerance: string | null
  readonly digest: string
  readonly migrations: readonly FrozenMigration[]
  readonly repair: RunDetail['repair']
  readonly verifiedAt: Date | null
  readonly verifiedTargets: number | null
  readonly verifiedMismatches: number | null
  readonly verifiedDifferent: number | null
  readonly different: number
  readonly attempts: number
  readonly retried: number
  readonly claimed: number
  readonly childRuns: readonly number[]
}

const extraOf = async (db: ControlDb, run: number): Promise<ExtraRow | undefined> => {
  const { rows } = await sql<ExtraRow>`
    select r.revision, r.max_concurrent as "maxConcurrent", r.failure_tolerance as "failureTolerance", r.digest, r.migrations,
      case when r.repair is not null then jsonb_build_object('shape', r.repair->'shape', 'letter', r.repair->'letter', 'version', r.repair->'version', 'script', r.repair->'script') end as repair,
      r.verified_at as "verifiedAt", r.verified_targets as "verifiedTargets", r.verified_mismatches as "verifiedMismatches", r.verified_different as "verifiedDifferent",
      i.attempts, i.retried, i.different, case when r.kind = 'onboard' then (select count(*)::int from attempt a where a.run_id = r.id and a.claimed) else 0 end as claimed, array(select c.id from run c where c.parent_run_id = r.id order by c.id) as "childRuns"
    from run r
    cross join lateral (
      select coalesce(sum(attempts), 0)::int as attempts, count(*) filter (where attempts > 1)::int as retried, count(*) filter (where differs)::int as different from run_item where run_id = r.id
    ) i
    where r.id = ${run}`.execute(db)
  return rows[0]
}

/** A run that is not final has left nothing yet. */
const leftoverOf = async (db: ControlDb, { id, state, counts }: RunSummary): Promise<RunDetail['leftover']> => {
  const mayHave = isFinalRun(state) && counts.failed + counts.interrupted + counts.cancelled > 0
  const leftovers = mayHave ? await readLeftovers(db, id) : []
  const left = (of: ItemState): number => leftovers.filter((one) => one.isLeft && one.state === of).length
  return { failed: left('failed'), interrupted: left('interrupted'), cancelled: left('cancelled'), putRight: putRightOf(leftovers) }
}

/** @throws run.unknown */
export const getRun = async ({ control: { db } }: Db, run: number): Promise<RunDetail> => {
  const [summaries, extra, servers, waitsFor, paces] = await Promise.all([
    summariesWhere(db, sql`r.id = ${run}`, 1),
    extraOf(db, run),
    serversOf(db, run),
    readWait(db, run),
    readPaces(db, run),
  ])
  const summary = summaries[0]
  if (!summary || !extra) throw new TenancyError('run.unknown', { run })
  const { verifiedAt, verifiedTargets, verifiedMismatches, verifiedDifferent, migrations, ...facts } = extra
  return {
    ...summary,
    ...facts,
    migrations: migrations.map(({ version, name, checksum, transactional }) => ({ version, name, checksum, transactional })),
    servers: servers.map((server) => ({ ...server, pace: paces[server.server] ?? null })),
    waitsFor,
    leftover: await leftoverOf(db, summary),
    verified:
      verifiedAt === null
        ? null
        : { at: verifiedAt.toISOString(), targets: verifiedTargets ?? 0, mismatches: verifiedMismatches ?? 0, different: verifiedDifferent ?? 0 },
    differing: facts.different > 0 ? await readDiffering(db, run) : [],
    differentShapes: facts.different > 0 ? await readDifferentShapes(db, run) : [],
  }
}

const requireRun = async (db: ControlDb, run: number): Promise<void> => {
  const row = await db.selectFrom('run').select('id').where('id', '=', run).executeTakeFirst()
  if (!row) throw new TenancyError('run.unknown', { run })
}

/** Letters and slugs in the order of position, with the revision that they show. @throws run.unknown */
export const getRunMap = async ({ control }: Db, run: number): Promise<RunMap> => {
  const { rows } = await sql<{ revision: number; states: readonly ItemState[]; slugs: readonly string[] }>`
    select r.revision, coalesce(array_agg(i.state order by i.position) filter (where i.position is not null), '{}') as states,
      coalesce(array_agg(coalesce(t.slug, i.tenant_slug) order by i.position) filter (where i.position is not null), '{}') as slugs
    from run r left join run_item i on i.run_id = r.id left join tenant t on t.id = i.tenant_id
    where r.id = ${run} group by r.id`.execute(control.db)
  const row = rows[0]
  if (!row) throw new TenancyError('run.unknown', { run })
  return { revision: row.revision, letters: row.states.map((state) => itemLetters[state]).join(''), slugs: row.slugs }
}

type ItemRow = Omit<RunItemRow, 'startedAt' | 'finishedAt' | 'nextAttemptAt'> & {
  readonly total: number
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
  readonly nextAttemptAt: Date | null
}

/** A discarded tenant’s items keep its slug. */
const slugOfItem = sql`coalesce(t.slug, i.tenant_slug)`

const itemSorts = {
  position: sql`i.position`,
  slug: slugOfItem,
  state: sql`i.state`,
  durationMs: sql`i.duration_ms`,
  attempts: sql`i.attempts`,
} as const

const itemConditions = (input: RunItemsInput) => {
  const conditions = [sql`i.run_id = ${input.run}`]
  if (input.slug !== undefined) conditions.push(sql`${slugOfItem} = ${input.slug}`)
  if (input.q) conditions.push(sql`(strpos(${slugOfItem}, ${input.q.toLowerCase()}) > 0 or strpos(lower(t.name), ${input.q.toLowerCase()}) > 0)`)
  if (input.state && input.state.length > 0) conditions.push(sql`i.state = any(${[...input.state]}::text[])`)
  if (input.differs !== undefined) conditions.push(sql`i.differs = ${input.differs}`)
  if (input.cause !== undefined) conditions.push(sql`i.cause = ${input.cause}`)
  return sql.join(conditions, sql` and `)
}

/** @throws run.unknown */
export const listRunItems = async ({ control: { db } }: Db, input: RunItemsInput): Promise<RunItemPage> => {
  const direction = input.descending ? sql`desc nulls last` : sql`asc nulls last`
  const source = sql`run_item i left join tenant t on t.id = i.tenant_id where ${itemConditions(input)}`
  const { rows } = await sql<ItemRow>`
    with page as materialized (
      select i.*, ${slugOfItem} as slug, count(*) over ()::int as total from ${source}
      order by ${itemSorts[input.sort]} ${direction}, i.position offset ${input.offset} limit ${input.limit}
    )
    select i.total, i.position, i.slug, coalesce(d.name, i.database_name) as database, coalesce(ta.schema_name, i.schema_name) as schema, i.state, i.from_version as "fromVersion",
      i.to_version as "toVersion", i.attempts, i.started_at as "startedAt", i.finished_at as "finishedAt", i.duration_ms as "durationMs",
      i.next_attempt_at as "nextAttemptAt", i.error, ${putRightBy} as "putRightBy",
      r.kind = 'onboard' and exists (select from attempt a where a.run_id = i.run_id and a.position = i.position and a.claimed) as claimed, i.differs
    from page i join run r on r.id = i.run_id left join target ta on ta.id = i.target_id left join database d on d.id = ta.database_id left join tenant t on t.id = i.tenant_id
    order by ${itemSorts[input.sort]} ${direction}, i.position`.execute(db)
  if (rows.length === 0) await requireRun(db, input.run)
  const total =
    rows[0]?.total ?? (input.offset === 0 ? 0 : (await sql<{ total: number }>`select count(*)::int as total from ${source}`.execute(db)).rows[0]?.total) ?? 0
  return {
    total,
    offset: input.offset,
    rows: rows.map(({ total: _total, ...row }) => ({
      ...row,
      startedAt: row.startedAt?.toISOString() ?? null,
      finishedAt: row.finishedAt?.toISOString() ?? null,
      nextAttemptAt: row.nextAttemptAt?.toISOString() ?? null,
    })),
  }
}

type AttemptRow = {
  readonly number: number
  readonly state: AttemptView['state']
  readonly startedAt: Date
  readonly finishedAt: Date
  readonly versionsApplied: readonly string[]
  readonly worker: string
  readonly backendPid: number | null
  readonly claimed: boolean
  readonly error: AttemptError | null
}

/** Every try of one tenant's item, first to last. @throws run.unknown, tenant.unknown when it has no item there */
export const listAttempts = async ({ control: { db } }: Db, run: number, slug: string): Promise<readonly AttemptView[]> => {
  const item = await db
    .selectFrom('run_item')
    .leftJoin('tenant', 'tenant.id', 'run_item.tenant_id')
    .select('position')
    .where('run_id', '=', run)
    .where(({ fn, ref }) => fn.coalesce(ref('tenant.slug'), ref('run_item.tenant_slug')), '=', slug)
    .executeTakeFirst()
  if (!item) {
    await requireRun(db, run)
    throw new TenancyError('tenant.unknown', { slug })
  }
  const { rows } = await sql<AttemptRow>`
    select number, state, started_at as "startedAt", finished_at as "finishedAt", versions_applied as "versionsApplied", worker,
      backend_pid as "backendPid", claimed, error
    from attempt where run_id = ${run} and position = ${item.position} order by number`.execute(db)
  return rows.map((row) => ({
    ...row,
    startedAt: row.startedAt.toISOString(),
    finishedAt: row.finishedAt.toISOString(),
    durationMs: Math.max(0, row.finishedAt.getTime() - row.startedAt.getTime()),
  }))
}
