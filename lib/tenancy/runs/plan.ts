/** The frozen proposal: which targets a rollout would touch, from where to where, and what is left out and why. */
import { sql } from 'kysely'
import type { PlanInput } from '../contract/commands.ts'
import type { LintFinding, PlanView } from '../contract/views.ts'
import type { ControlDb } from '../control/db.ts'
import type { FrozenMigration } from '../control/schema.ts'
import { emptyDigest } from '../migrations/digest.ts'
import { statementsOf, touchesShared } from '../migrations/parsed.ts'
import { resolveSelection } from '../registry/selection.ts'
import { findSet, freezeMigrations, planDigest, type SetRow } from './freeze.ts'

type Candidate = {
  target_id: number
  tenant_id: number
  server_id: number
  database_id: number
  slug: string
  tenant_state: string
  version_state: string | null
  version: string | null
  position: number | null
  database: string
  budget: number
  busy: boolean
}

export type Plan = {
  readonly set: SetRow
  readonly migrations: readonly FrozenMigration[]
  readonly digest: string
  readonly chosen: readonly Candidate[]
  readonly leftOut: ReadonlyMap<string, number>
}

const candidates = async (db: ControlDb, setId: number, targetIds: readonly number[]): Promise<Candidate[]> => {
  const { rows } = await sql<Candidate>`
    select t.id as target_id, n.id as tenant_id, d.server_id, d.id as database_id, n.slug, n.state as tenant_state, o.version_state, o.version,
      case when o.digest = ${emptyDigest} then 0 else m.position end as position, d.name as database, s.budget, i.target_id is not null as busy
    from target t
    join placement p on p.target_id = t.id
    join tenant n on n.id = p.tenant_id
    join database d on d.id = t.database_id
    join server s on s.id = d.server_id
    left join observation o on o.target_id = t.id
    left join migration m on m.set_id = t.set_id and m.prefix_digest = o.digest
    left join run_item i on i.target_id = t.id and not i.reads and i.state in ('pending', 'running', 'interrupted')
    where t.set_id = ${setId} and t.id = any(${[...targetIds]}::bigint[])
    order by n.slug`.execute(db)
  return rows
}

/** null: it takes part. */
const reasonToLeaveOut = (candidate: Candidate, goal: number): string | null => {
  if (candidate.tenant_state !== 'active') return candidate.tenant_state
  if (candidate.busy) return 'busy'
  if (candidate.version_state === 'unreachable' || candidate.version_state === 'diverged' || candidate.version_state === 'ahead') return candidate.version_state
  if (candidate.position !== null && candidate.position >= goal) return 'at_version'
  return null
}

/** @throws set.unknown, set.empty, version.unknown, tenant.unknown */
export const makePlan = async (db: ControlDb, input: PlanInput): Promise<Plan> => {
  const set = await findSet(db, input.set)
  const migrations = await freezeMigrations(db, set, input.to)
  const targetIds = await resolveSelection(db, input.selection, set.name)
  const chosen: Candidate[] = []
  const leftOut = new Map<string, number>()
  for (const candidate of await candidates(db, set.id, targetIds)) {
    const reason = reasonToLeaveOut(candidate, migrations.length)
    if (reason === null) chosen.push(candidate)
    else leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1)
  }
  return {
    set,
    migrations,
    digest: planDigest(
      set.name,
      migrations,
      chosen.map(({ target_id: id }) => id),
    ),
    chosen,
    leftOut,
  }
}

const countBy = <T, K>(list: readonly T[], key: (element: T) => K): Map<K, number> => {
  const counts = new Map<K, number>()
  for (const element of list) counts.set(key(element), (counts.get(key(element)) ?? 0) + 1)
  return counts
}

/** What the plan page shows before the start. */
export const planView = async (db: ControlDb, input: PlanInput): Promise<PlanView> => {
  const plan = await makePlan(db, input)
  const goal = plan.migrations.length
  const lowest = Math.min(goal, ...plan.chosen.map(({ position }) => position ?? 0))
  const steps = plan.migrations.slice(lowest)
  const contents = await db
    .selectFrom('migration_content')
    .selectAll()
    .where('checksum', 'in', ['', ...steps.map(({ checksum }) => checksum)])
    .execute()
  const sqlOf = new Map(contents.map(({ checksum, sql: text }) => [checksum, text]))
  const stored = await db.selectFrom('migration').select(['version', 'findings']).where('set_id', '=', plan.set.id).execute()
  const findingsOf = new Map<string, LintFinding[]>(stored.map(({ version, findings }) => [version, findings]))
  const budgets = new Map(plan.chosen.map(({ database, budget }) => [database, budget]))
  const byVersion = countBy(plan.chosen, ({ position }) => position ?? -1)
  return {
    set: plan.set.name,
    toVersion: plan.migrations.at(-1)?.version ?? '',
    digest: plan.digest,
    total: plan.chosen.length,
    byVersion: [...byVersion]
      .toSorted(([a], [b]) => a - b)
      .map(([position, count]) => ({
        version: position > 0 ? (plan.migrations[position - 1]?.version ?? null) : null,
        count,
        steps: goal - Math.max(position, 0),
      })),
    byDatabase: [...countBy(plan.chosen, ({ database }) => database)].map(([database, count]) => ({ database, count, budget: budgets.get(database) ?? 1 })),
    leftOut: [...plan.leftOut].map(([reason, count]) => ({ reason, count })),
    migrations: await Promise.all(
      steps.map(async ({ version, name, checksum, transactional }) => {
        const text = sqlOf.get(checksum) ?? ''
        return {
          version,
          name,
          checksum,
          transactional,
          sql: text,
          findings: findingsOf.get(version) ?? [],
          isShared: touchesShared(await statementsOf(checksum, text)),
        }
      }),
    ),
  }
}
