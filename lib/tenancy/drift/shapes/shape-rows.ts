/** Shapes as they were last worked out, with how many targets they have now: set-based, whatever the size of the fleet. */
import { sql } from 'kysely'
import type { Acceptance, DriftState, Finding, SeenFinding, Shape } from '../../contract/drift.ts'
import type { ControlDb } from '../../control/db.ts'
import { driftState, isSeenNow } from '../../registry/tenant-filter.ts'
import { covers, worstOf } from './classify.ts'

/** Tenants that are one thing to a set: a shape in a state; `shape` null: of these nothing is known. */
export type Group = {
  readonly setId: number
  readonly shape: string | null
  readonly state: DriftState
  readonly tenants: number
  readonly examples: readonly string[]
  readonly firstSeenAt: Date | null
  readonly afterRun: number | null
  readonly oldestAt: Date | null
}

const examplesShown = 5

export const readGroups = async (db: ControlDb, setId: number | null): Promise<readonly Group[]> => {
  const { rows } = await sql<Group>`
    select p.set_id as "setId", x.shape, ${driftState} as state, count(*)::int as tenants, (array_agg(t.slug order by t.slug))[1:${sql.raw(String(examplesShown))}] as examples,
      min(o.structure_since) as "firstSeenAt", (array_agg(o.structure_after_run order by o.structure_since))[1] as "afterRun", min(o.structure_at) as "oldestAt"
    from tenant t join placement p on p.tenant_id = t.id join target ta on ta.id = p.target_id
    left join observation o on o.target_id = ta.id left join seen_structure x on ${isSeenNow}
    where t.state in ('active', 'suspended') and (${setId}::bigint is null or p.set_id = ${setId})
    group by 1, 2, 3`.execute(db)
  return rows
}

export type ShapeFacts = {
  readonly setId: number
  readonly set: string
  readonly shape: string
  readonly version: string | null
  readonly server: number
  readonly letter: string | null
  readonly findings: readonly Finding[]
  readonly uncompared: readonly string[]
  readonly problem: string | null
  readonly structureId: number
  readonly normId: number | null
  /** Of the history of its targets. */
  readonly digest: string
}

/** One sighting of each shape: what is told of a shape is the same in all of them. */
export const readShapeFacts = async (db: ControlDb, shapes: readonly string[]): Promise<Map<string, ShapeFacts>> => {
  const { rows } = await sql<ShapeFacts>`
    select distinct on (x.set_id, x.shape) x.set_id as "setId", m.name as set, x.shape, x.version, x.server_major as server, x.letter, x.findings, st.uncompared, x.problem,
      x.structure_id as "structureId", x.norm_id as "normId", x.digest
    from seen_structure x join structure st on st.id = x.structure_id join migration_set m on m.id = x.set_id
    where x.shape = any(${[...shapes]}::text[])
    -- The norm's own structure before one that differs from it in what is left out.
    order by x.set_id, x.shape, x.structure_id = x.norm_id desc nulls last, x.id`.execute(db)
  return new Map(rows.map((row) => [`${row.setId} ${row.shape}`, row]))
}

type AcceptanceRow = Omit<Acceptance, 'at' | 'until'> & { readonly setId: number; readonly at: Date; readonly until: Date | null }
export type SetAcceptance = Acceptance & { readonly setId: number }

/** Those that hold now. */
export const readAcceptances = async (db: ControlDb, setId: number | null): Promise<readonly SetAcceptance[]> => {
  const { rows } = await sql<AcceptanceRow>`
    select id, set_id as "setId", finding, sentence, reason, accepted_by as by, accepted_at as at, until from drift_acceptance
    where ended_at is null and (until is null or until > now()) and (${setId}::bigint is null or set_id = ${setId}) order by id`.execute(db)
  return rows.map((row) => ({ ...row, at: row.at.toISOString(), until: row.until?.toISOString() ?? null }))
}

/** Keys of what is meant to be as it is, and what is left of a shape's findings without them. */
export const splitAccepted = (findings: readonly Finding[], acceptances: readonly SetAcceptance[]) => {
  const seen = withAcceptances(findings, acceptances)
  return {
    open: findings.filter((_, index) => seen[index]?.accepted === null),
    accepted: seen.flatMap(({ key, accepted }) => (accepted === null ? [] : [key])),
  }
}

export const plainAcceptance = ({ setId: _setId, ...acceptance }: SetAcceptance): Acceptance => acceptance

export const withAcceptances = (findings: readonly Finding[], acceptances: readonly SetAcceptance[]): SeenFinding[] => {
  const byFinding = new Map(acceptances.map((one) => [one.finding, one]))
  return findings.map((finding) => {
    const accepted = byFinding.get(finding.key)
    return { ...finding, accepted: accepted && covers(accepted, finding.isAhead ? finding.sentence : null) ? plainAcceptance(accepted) : null }
  })
}

/** Of what is open; where all is accepted, of all. */
export const severityShown = (findings: readonly SeenFinding[]): Shape['severity'] => {
  const open = findings.filter(({ accepted }) => accepted === null)
  return worstOf(open.length > 0 ? open : findings)
}

export const shapeOf = (facts: ShapeFacts, group: Group, acceptances: readonly SetAcceptance[]): Shape => {
  const findings = withAcceptances(
    facts.findings,
    acceptances.filter(({ setId }) => setId === facts.setId),
  )
  return {
    id: facts.shape,
    set: facts.set,
    version: facts.version,
    server: facts.server,
    state: group.state,
    letter: facts.letter,
    tenants: group.tenants,
    examples: group.examples,
    severity: severityShown(findings),
    findings,
    uncompared: facts.uncompared,
    firstSeenAt: group.firstSeenAt?.toISOString() ?? '',
    afterRun: group.afterRun,
    problem: facts.problem,
  }
}
