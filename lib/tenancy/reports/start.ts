/** From a report's text to a queued run: checked, tried on one tenant, frozen with its tenants. */
import { sql } from 'kysely'
import type { Actor } from '../contract/permissions.ts'
import type { ReportCheck, StartReportInput } from '../contract/reports.ts'
import type { TenantState } from '../contract/states.ts'
import type { Library } from '../context.ts'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'
import { resolveSelection } from '../registry/selection.ts'
import { announceRun } from '../runs/announce.ts'
import { findSet, planDigest } from '../runs/freeze.ts'
import { queueRun } from '../runs/start.ts'
import { bindValues, checkReport, requireGood, valuesOf } from './check/check-report.ts'
import { makePlace } from './place.ts'
import { planFill } from './missing/fill-plan.ts'
import { probeColumns, type Candidate } from './probe.ts'
import { expiryFrom } from './retention.ts'
import { sampleOf, type Sampled } from './sample.ts'
import { readHeadStructure } from './structure.ts'

/** Databases that are tried for one that answers, and tenants of each: one that is broken or locked speaks for itself alone. */
const mostDatabases = 3
const mostOfEach = 3

type Chosen = Sampled & {
  readonly targetId: number
  readonly tenantId: number
  readonly serverId: number
  readonly schema: string
  readonly role: string | null
  readonly sealed: Buffer
}

/** Active tenants alone: suspended and archived ones are left alone. */
const chosenOf = async (db: ControlDb, setId: number, targetIds: readonly number[]): Promise<readonly Chosen[]> => {
  const { rows } = await sql<Chosen>`
    select t.id as "targetId", n.id as "tenantId", d.server_id as "serverId", d.id as "databaseId", n.slug, t.schema_name as schema, p.role_name as role, o.version, m.position, x.structure_id as "structureId",
      d.reachable and coalesce(o.version_state <> 'unreachable', true) as reachable, d.url_sealed as sealed
    from target t join placement p on p.target_id = t.id join tenant n on n.id = p.tenant_id join database d on d.id = t.database_id
    left join observation o on o.target_id = t.id left join seen_structure x on x.id = o.seen_id left join migration m on m.set_id = t.set_id and m.prefix_digest = o.digest
    where t.set_id = ${setId} and t.id = any(${[...targetIds]}::bigint[]) and n.state = 'active' order by n.slug`.execute(db)
  return rows
}

const namedAtOnce = 20

const listOf = (slugs: readonly string[]): string =>
  `${slugs.slice(0, namedAtOnce).join(', ')}${slugs.length > namedAtOnce ? ` and ${slugs.length - namedAtOnce} more` : ''}`

/** Of tenants that are there, and none of whom can be asked: why not, by what they are. */
const noneOf = async (db: ControlDb, set: string, slugs: readonly string[]): Promise<TenancyError> => {
  const { rows } = await sql<{ slug: string; state: TenantState }>`
    select slug, state from tenant where slug = any(${[...slugs]}::text[]) order by slug`.execute(db)
  const reasons = [...Map.groupBy(rows, ({ state }) => (state === 'active' ? `not in set “${set}”` : state))]
  return new TenancyError('report.none_active', {
    set,
    leftOut: rows,
    reasons: reasons.map(([reason, found]) => `${listOf(found.map(({ slug }) => slug))} (${reason})`).join('; '),
  })
}

/** The newest versions first, of each database one before the next: whoever writes a report has the newest structure in mind. */
const probesOf = (chosen: readonly Chosen[]): readonly Candidate[] => {
  const order = chosen.toSorted((one, other) => Number(other.reachable) - Number(one.reachable) || (other.position ?? -1) - (one.position ?? -1))
  const withRole = order.flatMap(({ role, ...candidate }) => (role === null ? [] : [{ ...candidate, role }]))
  const each = [...Map.groupBy(withRole, ({ databaseId }) => databaseId).values()].slice(0, mostDatabases)
  return Array.from({ length: mostOfEach }, (_, round) => each.flatMap((candidates) => candidates.slice(round, round + 1))).flat()
}

/** @throws set.unknown */
export const checkText = async ({ control }: Library, set: string, text: string): Promise<ReportCheck> => {
  await findSet(control.db, set)
  const { params, problems } = await checkReport(text)
  return { params, problems }
}

/** A saved report that is run. `isAsSaved`: with its own text, values and tenants, and not with others for once. */
export type OfSaved = { readonly id: number; readonly name: string; readonly isAsSaved: boolean; readonly details?: Readonly<Record<string, unknown>> }

type Choice = { readonly chosen: readonly Chosen[]; /** Null: they are all that were meant. */ readonly sampledOf: number | null }

/** @throws tenant.unknown */
const chooseTenants = async (db: ControlDb, set: { readonly id: number; readonly name: string }, { selection, sample }: StartReportInput): Promise<Choice> => {
  const all = await chosenOf(db, set.id, await resolveSelection(db, selection, set.name))
  if (sample === undefined || all.length <= sample) return { chosen: all, sampledOf: null }
  return { chosen: sampleOf(all, sample), sampledOf: all.length }
}

/** @throws set.unknown, tenant.unknown, report.refused, report.params, report.columns, report.probe, report.none_active, run.no_targets */
export const startReport = async (library: Library, actor: Actor, input: StartReportInput, saved: OfSaved | null = null): Promise<{ readonly run: number }> => {
  const { db } = library.control
  const checked = await checkReport(input.sql)
  requireGood(checked)
  const values = valuesOf(checked, input.params)
  const set = await findSet(db, input.set)
  const { chosen, sampledOf } = await chooseTenants(db, set, input)
  if (chosen.length === 0 && input.selection.kind === 'tenants') throw await noneOf(db, set.name, input.selection.slugs)
  const probes = probesOf(chosen)
  if (probes.length === 0) throw new TenancyError('run.no_targets')
  const pieces = await bindValues(checked, values)
  const statement = pieces.map(({ text }) => text).join('')
  const fill = input.missing === 'null' ? await planFill(await readHeadStructure(db, set.id), statement) : null
  const columns = await probeColumns(library, probes, { checked, statement, pieces, fill })
  await announceRun(db, chosen, input.maxConcurrent ?? null)
  const digest = planDigest(
    set.name,
    [],
    chosen.map(({ targetId }) => targetId),
  )
  const details = {
    set: set.name,
    ...(saved ? { report: saved.name, ...saved.details } : {}),
    sql: input.sql,
    params: values,
    missing: input.missing,
    targets: chosen.length,
    ...(sampledOf === null ? {} : { sampledOf }),
    note: input.note,
  }
  const planned = {
    kind: 'report' as const,
    setId: set.id,
    migrations: [],
    digest,
    parentRun: null,
    note: input.note,
    startedBy: actor.label,
    maxConcurrent: input.maxConcurrent ?? null,
    failureTolerance: null,
    items: chosen.map(({ targetId, tenantId, serverId, version }) => ({ targetId, tenantId, serverId, fromVersion: version })),
  }
  return queueRun(library, actor, 'reports.start', details, planned, async (trx, run) => {
    await trx
      .insertInto('report_run')
      .values({
        run_id: run,
        sql: input.sql,
        statement,
        params: JSON.stringify(values),
        columns: JSON.stringify(columns),
        row_cap: input.rowCap,
        missing: input.missing,
        fill: fill && JSON.stringify(fill),
        selection: JSON.stringify(input.selection),
        sampled_of: sampledOf,
        chain: [run],
        // It may have been deleted while a tenant was asked for the columns.
        report_id: sql<number | null>`(select id from saved_report where id = ${saved?.id ?? null})`,
        is_as_saved: saved?.isAsSaved ?? false,
        expires_at: await expiryFrom(trx, library.clock()),
      })
      .execute()
    await makePlace(trx, run, columns)
  })
}
