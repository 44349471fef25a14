/** Says anew which shapes a set has: after a look, and when acceptances or facets changed. What pages read is what is written here. */
import { sql } from 'kysely'
import type { AttemptError } from '../../contract/views.ts'
import type { Facet, Fingerprints } from '../../contract/structure.ts'
import type { Library } from '../../context.ts'
import type { ControlDb } from '../../control/db.ts'
import { notify } from '../../control/notify.ts'
import { emptyDigest } from '../../migrations/digest.ts'
import { comparedFingerprint } from '../structures.ts'
import { classify, type FindingMark, type OpenAcceptance, type Sighting } from './classify.ts'
import { comparedOf, compareDue, isComparedNow, isReferenceOf } from './compare-due.ts'
import { keepLastSeen } from './last-seen.ts'
import { keepFindingSince } from './finding-since.ts'
import { problemSentence } from './problem-sentence.ts'

type SeenRow = {
  readonly id: number
  readonly databaseId: number
  readonly digest: string
  readonly serverMajor: number
  readonly facets: Fingerprints
  readonly normId: number | null
  readonly normFacets: Fingerprints | null
  readonly isCompared: boolean
  readonly isOnTrack: boolean
  readonly referenceProblem: AttemptError | null
  readonly findings: readonly FindingMark[]
  readonly uncompared: readonly string[]
  readonly normUncompared: readonly string[] | null
  readonly targets: number
}

const readSeen = async (trx: ControlDb, setId: number): Promise<SeenRow[]> => {
  const { rows } = await sql<SeenRow>`
    with sizes as (
      select o.seen_id, count(*)::int as targets from observation o join placement p on p.target_id = o.target_id join tenant n on n.id = p.tenant_id and n.state in ('active', 'suspended')
      where p.set_id = ${setId} and o.seen_id is not null group by 1)
    select s.id, s.database_id as "databaseId", s.digest, s.server_major as "serverMajor", st.facets, st.uncompared, norm.uncompared as "normUncompared", r.structure_id as "normId", norm.facets as "normFacets",
      ${isComparedNow} as "isCompared", r.problem as "referenceProblem",
      s.digest = ${emptyDigest} or exists (select from migration g where g.set_id = s.set_id and g.prefix_digest = s.digest) as "isOnTrack",
      (select coalesce(jsonb_agg(jsonb_build_object('key', f ->> 'key', 'severity', f ->> 'severity', 'ahead', case when f ? 'isAhead' then f ->> 'sentence' end)), '[]') from jsonb_array_elements(s.findings) f) as findings,
      coalesce(z.targets, 0) as targets
    from seen_structure s join migration_set m on m.id = s.set_id join structure st on st.id = s.structure_id
    left join reference r on ${isReferenceOf} left join structure norm on norm.id = r.structure_id
    left join sizes z on z.seen_id = s.id
    where s.set_id = ${setId} order by s.id`.execute(trx)
  return rows
}

/** Enough to go and look. */
const textsTold = 5
const listed = (texts: readonly string[]): string =>
  texts.slice(0, textsTold).join(', ') + (texts.length > textsTold ? ` and ${texts.length - textsTold} more` : '')

/** What both hold by the same name is taken for the same, as it is with every tenant of the version; its shape tells that it was not compared. */
const uncomparedOf = ({ uncompared, normUncompared }: SeenRow) => {
  const [own, norms] = [new Set(uncompared), new Set(normUncompared)]
  return { extra: uncompared.filter((text) => !norms.has(text)), missing: [...norms].filter((text) => !own.has(text)) }
}

const whyIncomparable = (row: SeenRow): string | null => {
  const { extra, missing } = uncomparedOf(row)
  const parts = [
    ...(extra.length === 0 ? [] : [`it has ${listed(extra)}, which its migrations do not make`]),
    ...(missing.length === 0 ? [] : [`it does not have ${listed(missing)}, which its migrations make`]),
  ]
  return parts.length === 0 ? null : `Whether it is the norm is not known: ${parts.join(', and ')}. Objects of that kind are not compared.`
}

const whyUnknown = (row: SeenRow): string | null => {
  const { normId, isCompared, isOnTrack, referenceProblem, findings } = row
  if (normId !== null && isCompared) return findings.length === 0 ? whyIncomparable(row) : null
  if (!isOnTrack) return 'Its history is not one of the set’s, so there is nothing to compare it with.'
  return referenceProblem === null ? 'It has not been compared yet; the next look does it.' : problemSentence(referenceProblem)
}

const sightingOf = (row: SeenRow, ignored: readonly Facet[]): Sighting => {
  const { extra, missing } = uncomparedOf(row)
  return {
    id: row.id,
    databaseId: row.databaseId,
    digest: row.digest,
    serverMajor: row.serverMajor,
    fingerprint: comparedFingerprint(row.facets, ignored),
    norm: row.normFacets !== null && row.isCompared ? comparedFingerprint(row.normFacets, ignored) : null,
    findings: row.isCompared ? row.findings : [],
    uncompared: [...extra, ...missing].toSorted(),
    targets: row.targets,
  }
}

const keepDay = async (trx: ControlDb, setId: number): Promise<void> => {
  await sql`
    insert into drift_day (set_id, day, compared, drifted)
    select ${setId}, current_date, count(*), count(*) filter (where s.state = 'drifted')
    from observation o join seen_structure s on s.id = o.seen_id and s.digest = o.digest
    join placement p on p.target_id = o.target_id join tenant n on n.id = p.tenant_id and n.state in ('active', 'suspended')
    where s.set_id = ${setId} and s.state <> 'unknown'
    on conflict (set_id, day) do update set compared = excluded.compared, drifted = excluded.drifted
    where (drift_day.compared, drift_day.drifted) is distinct from (excluded.compared, excluded.drifted)`.execute(trx)
}

/** Of pairs that are compared already; the others are unknown until they are. */
export const restateSet = async (trx: ControlDb, setId: number): Promise<void> => {
  await sql`select pg_advisory_xact_lock(hashtext('tenantry:drift:shapes'), ${setId}::integer)`.execute(trx)
  const set = await trx.selectFrom('migration_set').select('ignored_facets').where('id', '=', setId).executeTakeFirst()
  if (!set) return
  const rows = await readSeen(trx, setId)
  const { rows: acceptances } = await sql<OpenAcceptance>`
    select finding, sentence, until from drift_acceptance where set_id = ${setId} and ended_at is null and (until is null or until > now())`.execute(trx)
  const byId = new Map(rows.map((row) => [row.id, row]))
  const standings = classify(
    setId,
    rows.map((row) => sightingOf(row, set.ignored_facets)),
    acceptances,
  ).map(({ id, acceptedUntil, ...standing }) => {
    const row = byId.get(id)
    return { id, ...standing, accepted_until: acceptedUntil, norm_id: row?.isCompared ? row.normId : null, problem: row ? whyUnknown(row) : null }
  })
  await sql`
    update seen_structure s
    set shape = x.shape, letter = x.letter, state = x.state, severity = x.severity, accepted_until = x.accepted_until, norm_id = x.norm_id, problem = x.problem
    from jsonb_to_recordset(${JSON.stringify(standings)}::jsonb)
      as x(id bigint, shape text, letter text, state text, severity text, accepted_until timestamptz, norm_id bigint, problem text)
    where s.id = x.id and (s.shape, s.letter, s.state, s.severity, s.accepted_until, s.norm_id, s.problem)
      is distinct from (x.shape, x.letter, x.state, x.severity, x.accepted_until, x.norm_id, x.problem)`.execute(trx)
  await keepLastSeen(trx, setId)
  await keepDay(trx, setId)
  await notify(trx, { topic: 'observations' })
}

/** Of these, those of which something was seen, or has another reference now, that nobody has compared: who saw it died before that. */
export const setsToRestate = async (db: ControlDb, setIds: readonly number[]): Promise<number[]> => {
  const { rows } = await sql<{ id: number }>`
    select m.id from migration_set m where m.id = any(${[...setIds]}::bigint[]) and exists (
      select from seen_structure s left join reference r on ${isReferenceOf} and r.structure_id is not null
      where s.set_id = m.id and (s.shape = '' or (r.structure_id is not null and (s.norm_id is distinct from r.structure_id or s.compared is distinct from ${comparedOf}))))
    order by m.id`.execute(db)
  return rows.map(({ id }) => id)
}

/** @throws the control database's errors */
export const restateShapes = async ({ control: { db } }: Library, setIds: readonly number[]): Promise<void> => {
  for (const setId of setIds) {
    await compareDue(db, setId)
    await db.transaction().execute(async (trx) => {
      await restateSet(trx, setId)
      await keepFindingSince(trx, setId)
    })
  }
}
