/** Reserves slugs, schemas and roles in the registry and queues the run that builds them. */
import { sql } from 'kysely'
import type { OnboardInput } from '../contract/commands.ts'
import type { Actor } from '../contract/permissions.ts'
import { defaultRoleName, defaultSchemaName } from '../contract/slug.ts'
import type { RunRef } from '../contract/tenancy.ts'
import type { Library } from '../context.ts'
import { appendAudits } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import type { FrozenMigration, OnboardOptions } from '../control/schema.ts'
import { TenancyError } from '../errors.ts'
import { emptyDigest } from '../migrations/digest.ts'
import { giveTo, takeReady, type Taken } from '../pool/assign.ts'
import { claimAtOnce, claimWithinMs, holdSeconds, mostAtOnce, reachOut, type HeldItem, type HeldRun } from '../pool/claim-at-once.ts'
import { isHostRace, refuseTakenHosts } from '../registry/taken-hosts.ts'
import { isBuilt } from '../registry/taken-slugs.ts'
import { findSet, freezeMigrations, insertRun, planDigest, type NewItem, type NewRun, type SetRow } from '../runs/freeze.ts'
import { explainConflict, isOneWriter } from '../runs/start.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import { missingSchemas, refuseProblems, unknownBaselines } from './baselines.ts'
import { findPlaces, findTwice, takenSchemas, type Places } from './places.ts'
import { giveFew, readBasis, reserveFew, type PlacedTenant } from './reserve-few.ts'

type Row = PlacedTenant & {
  readonly database: string
  readonly serverId: number
  readonly baseline: string | null
}

const placeRows = ({ byName, fallback }: Places, set: SetRow, input: OnboardInput): Row[] => {
  const seen = new Set<string>()
  return input.tenants.map((tenant) => {
    const place = tenant.database === undefined ? fallback : byName.get(tenant.database)
    if (!place)
      throw tenant.database === undefined
        ? new TenancyError('set.no_database', { set: set.name })
        : new TenancyError('database.unknown', { database: tenant.database })
    if (seen.has(tenant.slug)) throw new TenancyError('input.invalid', { problem: `the slug “${tenant.slug}” is there twice`, field: 'tenants' })
    seen.add(tenant.slug)
    return {
      slug: tenant.slug,
      name: tenant.name || tenant.slug,
      hosts: tenant.hosts,
      labels: tenant.labels,
      databaseId: place.id,
      database: place.name,
      serverId: place.serverId,
      schema: tenant.schema ?? defaultSchemaName(tenant.slug),
      baseline: tenant.baseline ?? null,
    }
  })
}

const rowset = (rows: readonly Row[]) =>
  sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x(slug text, name text, hosts jsonb, labels jsonb, "databaseId" bigint, "serverId" bigint, schema text, baseline text)`

/**
 * A tenant whose earlier onboarding failed is taken up again; one that has a place in this set is taken. In order of slug, so that two calls at once cannot lock each other out.
 * @returns whether all of them are new: then nothing of any of them can be in the way
 */
const reserveTenants = async (trx: ControlDb, set: SetRow, rows: readonly Row[]): Promise<boolean> => {
  await refuseTakenHosts(trx, rows)
  const reserved = await sql<{ isNew: boolean }>`
    insert into tenant (slug, name, hosts, labels)
    select x.slug, x.name, array(select jsonb_array_elements_text(x.hosts)), x.labels from ${rowset(rows)} order by x.slug
    on conflict (slug) do update set name = excluded.name, hosts = excluded.hosts, labels = excluded.labels, updated_at = now()
      where tenant.state = 'provisioning'
    returning xmax = 0 as "isNew"`.execute(trx)
  if (reserved.rows.length === rows.length && reserved.rows.every(({ isNew }) => isNew)) return true
  const taken = await sql<{ slug: string; state: string }>`
    select n.slug, n.state from tenant n join ${rowset(rows)} on x.slug = n.slug
    where n.state not in ('provisioning', 'active') or (n.state = 'active' and exists (select from placement p where p.tenant_id = n.id and p.set_id = ${set.id} and ${isBuilt('p')}))
    order by n.slug limit 100`.execute(trx)
  const [first] = taken.rows
  if (first) throw new TenancyError('tenant.exists', { slug: first.slug, slugs: taken.rows.map(({ slug }) => slug), count: taken.rows.length })
  return false
}

const refuseTakenSchemas = async (trx: ControlDb, set: SetRow, rows: readonly Row[]): Promise<void> => {
  const [first] = await takenSchemas(trx, set.id, rows)
  if (first) throw new TenancyError('schema.taken', { schema: first.schema, database: first.database, slug: first.slug })
}

/** @throws schema.claimed_twice, host.claimed_twice */
const refuseClaimedTwice = (rows: readonly Row[]): void => {
  const [schema] = findTwice(rows, (row) => [`${row.databaseId} ${row.schema}`])
  if (schema) {
    const { row, earlier } = schema
    throw new TenancyError('schema.claimed_twice', {
      schema: row.schema,
      database: row.database,
      slugs: [earlier.slug, row.slug],
      slug: earlier.slug,
      other: row.slug,
    })
  }
  const [host] = findTwice(rows, ({ hosts }) => hosts)
  if (host)
    throw new TenancyError('host.claimed_twice', { host: host.key, slugs: [host.earlier.slug, host.row.slug], slug: host.earlier.slug, other: host.row.slug })
}

/** A repeated call may name another database or schema than the failed one did: nothing of that one was left, and its target is free for whoever asks next. */
const forgetOldPlacements = async (trx: ControlDb, set: SetRow, rows: readonly Row[]): Promise<void> => {
  await sql`
    with old as (
      select p.tenant_id, p.target_id from placement p join tenant n on n.id = p.tenant_id join ${rowset(rows)} on x.slug = n.slug
      join target t on t.id = p.target_id
      where p.set_id = ${set.id} and not ${isBuilt('p')} and (t.database_id <> x."databaseId" or t.schema_name <> x.schema)
        and not exists (select from run_item i where i.target_id = t.id and i.state in ('pending', 'running', 'interrupted')))
    delete from placement p using old where p.tenant_id = old.tenant_id and p.set_id = ${set.id}`.execute(trx)
}

const reservePlacements = async (trx: ControlDb, set: SetRow, rows: readonly Row[], isolation: string): Promise<void> => {
  await sql`
    insert into target (set_id, database_id, schema_name, isolation)
    select ${set.id}::bigint, x."databaseId", x.schema, ${isolation}::text from ${rowset(rows)} order by x."databaseId", x.schema
    on conflict (database_id, schema_name) do update set set_id = excluded.set_id, isolation = excluded.isolation
      where not exists (select from placement p where p.target_id = target.id)`.execute(trx)
  const roles = rows.map(({ slug }) => ({ slug, role: defaultRoleName(slug) }))
  await sql`
    insert into placement (tenant_id, set_id, target_id, isolation, role_name)
    select n.id, ${set.id}::bigint, t.id, t.isolation, r.role
    from ${rowset(rows)} join tenant n on n.slug = x.slug join target t on t.database_id = x."databaseId" and t.schema_name = x.schema
    join jsonb_to_recordset(${JSON.stringify(roles)}::jsonb) as r(slug text, role text) on r.slug = x.slug
    on conflict (tenant_id, set_id) do nothing`.execute(trx)
}

type Reserved = { slug: string; target_id: number; tenant_id: number; server_id: number; role_name: string; baseline: string | null; reserved_role: boolean }

/** From here on the planner must hear of what this transaction has just written: it took tables of ten thousand new rows for empty, and ran into its timeout. */
const manyRows = 500

type Item = NewItem & { readonly options: OnboardOptions; readonly databaseId: number; readonly slug: string; readonly schema: string }

/** In the order of the input: people look for their rows where they put them. */
const readItems = async (trx: ControlDb, set: SetRow, rows: readonly Row[]): Promise<Item[]> => {
  const { rows: reserved } = await sql<Reserved>`
    select n.slug, p.target_id, n.id as tenant_id, x."serverId" as server_id, p.role_name, x.baseline,
      exists (select from placement q join target t on t.id = q.target_id join database d on d.id = t.database_id
              where q.tenant_id = n.id and q.set_id <> ${set.id} and d.server_id = x."serverId" and ${isBuilt('q')}) as reserved_role
    from ${rowset(rows)} join tenant n on n.slug = x.slug join placement p on p.tenant_id = n.id and p.set_id = ${set.id}`.execute(trx)
  const bySlug = new Map(reserved.map((row) => [row.slug, row]))
  return rows.flatMap(({ slug, databaseId, schema }) => {
    const row = bySlug.get(slug)
    if (!row) return []
    const options: OnboardOptions = { role: row.role_name, baseline: row.baseline, reservedRole: row.reserved_role }
    return [{ targetId: row.target_id, tenantId: row.tenant_id, serverId: row.server_id, fromVersion: null, options, databaseId, slug, schema }]
  })
}

/** A ready schema stands for whatever the migrations and the seed make; one that is adopted is its own. */
const takeSchemas = (trx: ControlDb, set: SetRow, digest: string, items: readonly Item[]): Promise<readonly Taken[]> =>
  takeReady(
    trx,
    set.id,
    digest,
    items.flatMap(({ options, databaseId }, index) => (options.baseline === null ? [{ position: index + 1, databaseId }] : [])),
  )

/** Whether this process may claim them all by itself: they are few, and in one database. */
const areClaimedAtOnce = (items: readonly Item[], taken: readonly Taken[]): boolean =>
  items.length <= mostAtOnce && taken.length === items.length && new Set(items.map(({ databaseId }) => databaseId)).size === 1

const heldRunOf = (run: number, migrations: readonly FrozenMigration[], items: readonly Item[], taken: readonly Taken[], heldSince: number): HeldRun | null => {
  const [first] = items
  if (!first) return null
  const given = new Map(taken.map((one) => [one.position, one.given]))
  return {
    run,
    serverId: first.serverId,
    databaseId: first.databaseId,
    versions: migrations.map(({ version }) => version),
    expected: migrations.at(-1)?.prefixDigest ?? emptyDigest,
    until: heldSince + claimWithinMs,
    items: items.flatMap(({ targetId, tenantId, slug, schema, options }, index): HeldItem[] => {
      const one = given.get(index + 1)
      return one ? [{ position: index + 1, targetId, tenantId, slug, schema, role: options.role, roleExists: options.reservedRole, given: one }] : []
    }),
  }
}

const newRun = (actor: Actor, { note }: OnboardInput, set: SetRow, migrations: readonly FrozenMigration[], items: readonly Item[]): NewRun => ({
  kind: 'onboard',
  setId: set.id,
  migrations,
  digest: planDigest(
    set.name,
    migrations,
    items.map(({ targetId }) => targetId),
  ),
  parentRun: null,
  note,
  startedBy: actor.label,
  maxConcurrent: null,
  failureTolerance: null,
  items,
})

const versionsOf = (migrations: ReadonlyArray<{ readonly version: string }>): ReadonlySet<string> => new Set(migrations.map(({ version }) => version))

/** Asked before anything is reserved, and outside of any transaction: nobody's row waits for a server. */
const requireAdoptable = async (library: Library, input: OnboardInput): Promise<void> => {
  if (input.tenants.every(({ baseline }) => baseline === undefined)) return
  const { db } = library.control
  const set = await findSet(db, input.set)
  const versions = versionsOf(await freezeMigrations(db, set, input.to))
  const rows = placeRows(await findPlaces(db, set), set, input)
  refuseProblems([...unknownBaselines(rows, set.name, versions), ...(await missingSchemas(library, rows))])
}

/**
 * The same call can be repeated after a failure: what it left unbuilt is taken up again.
 * @throws set.unknown, set.empty, set.no_database, version.unknown, onboard.baseline, database.unknown, tenant.exists, schema.taken, schema.claimed_twice, host.taken, host.claimed_twice, run.targets_busy
 */
export const startOnboarding = async (library: Library, actor: Actor, input: OnboardInput): Promise<RunRef> => {
  await requireAdoptable(library, input)
  const reach = reachOut(library, input)
  try {
    const { run, held } = await reserve(library, actor, input)
    if (held) await claimAtOnce(library, held, reach)
    return { run }
  } finally {
    // Whoever looks at the server next waits for it; the caller need not.
    void reach.letGo()
  }
}

/** Something is in the way of it: what was begun is undone. */
class NotShort extends Error {
  override readonly name = 'NotShort'
}

const mayGoShort = ({ tenants, to, isolation }: OnboardInput): boolean =>
  tenants.length <= mostAtOnce && to === undefined && isolation === 'schema' && tenants.every(({ baseline }) => baseline === undefined)

/** @returns null: the long way says what there is to say */
const reserveShort = async (library: Library, actor: Actor, input: OnboardInput): Promise<Begun | null> => {
  if (!mayGoShort(input)) return null
  try {
    return await library.control.db.transaction().execute(async (trx) => {
      const basis = await readBasis(trx, input.set)
      const { set, migrations } = basis
      const rows = placeRows(basis.places, set, input)
      refuseClaimedTwice(rows)
      if (!basis.hasReady || new Set(rows.map(({ databaseId }) => databaseId)).size > 1) throw new NotShort()
      const reserved = await reserveFew(trx, basis, migrations.at(-1)?.prefixDigest ?? emptyDigest, rows, input.isolation)
      if (!reserved) throw new NotShort()
      const items = reserved.map(({ targetId, tenantId, role }, index): Item => {
        const { slug = '', serverId = 0, databaseId = 0, schema = '' } = rows[index] ?? {}
        return { targetId, tenantId, serverId, fromVersion: null, options: { role, baseline: null, reservedRole: false }, databaseId, slug, schema }
      })
      const taken = reserved.map(({ pool, position, given }) => ({ id: pool, position, given }))
      const heldSince = performance.now()
      const run = await insertRun(trx, { ...newRun(actor, input, set, migrations, items), heldSeconds: holdSeconds, isSetHeld: true })
      const slugs = rows.map(({ slug }) => slug)
      await giveFew(trx, actor, run, set, slugs, taken)
      return { run, held: heldRunOf(run, migrations, items, taken, heldSince) }
    })
  } catch (error) {
    if (error instanceof NotShort || isRace(error)) return null
    throw error
  }
}

const reserve = async (library: Library, actor: Actor, input: OnboardInput): Promise<Begun> => {
  const short = await reserveShort(library, actor, input)
  if (short) return short
  for (let left = 3; ; left -= 1) {
    try {
      return await reserveAndQueue(library, actor, input)
    } catch (error) {
      if (left === 0 || !isRace(error)) throw error
    }
  }
}

/** Somebody took a schema or a host, made tenants active, or read the set again, at the same instant: all or nothing was done, and a second look says what it is now. */
const isRace = (error: unknown): boolean => {
  const code = codeOf(error)
  const isSchema = code === sqlstate.uniqueViolation && error instanceof Error && Reflect.get(error, 'constraint') === 'placement_own_target'
  return isSchema || isHostRace(error) || isOneWriter(error) || code === sqlstate.deadlock || code === 'run.plan_changed'
}

type Begun = {
  readonly run: number
  /** All of its items have a ready schema, and this process is to claim them; null: the run is a conductor's. */
  readonly held: HeldRun | null
}

const reserveAndQueue = async (library: Library, actor: Actor, input: OnboardInput): Promise<Begun> => {
  if (input.isolation !== 'schema')
    throw new TenancyError('input.invalid', { problem: `isolation “${input.isolation}” cannot be onboarded; it must be schema`, field: 'isolation' })
  let targetIds: number[] = []
  try {
    return await library.control.db.transaction().execute(async (trx) => {
      const set = await findSet(trx, input.set)
      const migrations = await freezeMigrations(trx, set, input.to)
      const rows = placeRows(await findPlaces(trx, set), set, input)
      refuseProblems(unknownBaselines(rows, set.name, versionsOf(migrations)))
      refuseClaimedTwice(rows)
      const areNew = await reserveTenants(trx, set, rows)
      await refuseTakenSchemas(trx, set, rows)
      if (!areNew) await forgetOldPlacements(trx, set, rows)
      await reservePlacements(trx, set, rows, input.isolation)
      if (rows.length >= manyRows) await sql`analyze tenant, target, placement`.execute(trx)
      const items = await readItems(trx, set, rows)
      targetIds = items.map(({ targetId }) => targetId)
      const taken = await takeSchemas(trx, set, migrations.at(-1)?.prefixDigest ?? emptyDigest, items)
      const isHeld = areClaimedAtOnce(items, taken)
      const heldSince = performance.now()
      const run = await insertRun(trx, { ...newRun(actor, input, set, migrations, items), ...(isHeld ? { heldSeconds: holdSeconds } : {}) })
      await giveTo(trx, run, taken)
      await appendAudits(trx, {
        actor,
        action: 'tenants.onboard',
        subjectKind: 'tenant',
        subjects: rows.map(({ slug }) => slug),
        details: { run, set: set.name },
      })
      await notify(trx, { topic: 'runs' })
      await notify(trx, { topic: 'tenants' })
      return { run, held: isHeld ? heldRunOf(run, migrations, items, taken, heldSince) : null }
    })
  } catch (error) {
    throw await explainConflict(library, error, targetIds)
  }
}
