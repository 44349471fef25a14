import { sql } from 'kysely'
import type { LintFinding, MigrationView, SetDetail, SetSummary } from '../contract/views.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'

type Db = Pick<Library, 'control'>
/** Without what is known one step higher. */
type Summary = Omit<SetSummary, 'pools'>
type SummaryRow = Omit<Summary, 'syncedAt'> & { readonly syncedAt: Date }

/** Targets that nobody is placed on any more (a repeated onboarding chose another schema) are no part of the fleet. */
const isPlaced = sql`exists (select from placement p where p.target_id = t.id)`

const summaries = async (db: ControlDb, only: string | null): Promise<readonly Summary[]> => {
  const { rows } = await sql<SummaryRow>`
    with of_targets as (
      select t.set_id, count(*)::int as targets, count(*) filter (where o.version_state = 'at_head')::int as at_head
      from target t left join observation o on o.target_id = t.id where ${isPlaced} group by t.set_id
    ), of_migrations as (
      select set_id, count(*)::int as migrations, sum(jsonb_array_length(findings))::int as findings, (array_agg(version order by position desc))[1] as head
      from migration group by set_id
    )
    select s.name, s.directory, d.name as "defaultDatabase", m.head, coalesce(m.migrations, 0) as migrations, coalesce(t.targets, 0) as targets,
      coalesce(t.at_head, 0) as "atHead", s.synced_at as "syncedAt", coalesce(m.findings, 0) as findings
    from migration_set s
    left join database d on d.id = s.default_database_id
    left join of_migrations m on m.set_id = s.id
    left join of_targets t on t.set_id = s.id
    where ${only}::text is null or s.name = ${only}
    order by s.name`.execute(db)
  return rows.map((row) => ({ ...row, syncedAt: row.syncedAt.toISOString() }))
}

export const listSets = ({ control }: Db): Promise<readonly Summary[]> => summaries(control.db, null)

type MigrationRow = Omit<MigrationView, 'findings'> & { readonly findings: readonly LintFinding[] }

/**
 * Coverage of each migration. A history that equals a prefix of the set holds exactly that prefix; of one that left the track, all
 * versions up to its newest are taken to be there. Histories are grouped first: thousands of targets share a few.
 */
const migrationsOf = async (db: ControlDb, set: string): Promise<readonly MigrationView[]> => {
  const { rows } = await sql<MigrationRow>`
    with own as (select m.* from migration m join migration_set s on s.id = m.set_id where s.name = ${set}),
    histories as (
      select o.digest, o.version, count(*) as count
      from target t join migration_set s on s.id = t.set_id join observation o on o.target_id = t.id
      where s.name = ${set} and o.version is not null and ${isPlaced} group by 1, 2
    ), reach as (
      select coalesce(m.position, (select max(position) from own where own.version <= h.version), 0) as position, sum(h.count) as count
      from histories h left join own m on m.prefix_digest = h.digest group by 1
    )
    select m.version, m.name, m.file, m.checksum, m.transactional, c.sql, m.down_sql as "downSql", m.findings,
      coalesce((select sum(r.count) from reach r where r.position >= m.position), 0)::int as applied
    from own m join migration_content c on c.checksum = m.checksum order by m.position`.execute(db)
  return rows
}

export type VersionShare = SetDetail['versions'][number] & { readonly set: string }

/** How many targets are at which version and state, for each set; oldest version first, what was never seen before all. */
export const versionShares = async (db: ControlDb, only: string | null): Promise<readonly VersionShare[]> => {
  const { rows } = await sql<VersionShare>`
    select s.name as set, o.version, coalesce(o.version_state, 'unobserved') as state, count(*)::int as count
    from target t join migration_set s on s.id = t.set_id left join observation o on o.target_id = t.id
    where ${isPlaced} and (${only}::text is null or s.name = ${only})
    group by 1, 2, 3 order by 1, 2 nulls first, 3`.execute(db)
  return rows
}

/** @throws set.unknown */
export const getSet = async ({ control: { db } }: Db, set: string): Promise<Omit<SetDetail, 'pools'>> => {
  const [summary] = await summaries(db, set)
  if (!summary) throw new TenancyError('set.unknown', { set })
  const [list, versions] = await Promise.all([migrationsOf(db, set), versionShares(db, set)])
  return { ...summary, list, versions: versions.map(({ version, state, count }) => ({ version, state, count })) }
}
