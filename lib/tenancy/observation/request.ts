import { sql } from 'kysely'
import type { z } from 'zod'
import type { observeInput } from '../contract/commands.ts'
import type { Actor } from '../contract/permissions.ts'
import type { Library } from '../context.ts'
import { appendAudit } from '../control/audit.ts'
import type { ControlDb } from '../control/db.ts'
import { notify } from '../control/notify.ts'
import { TenancyError } from '../errors.ts'
import { LookCancelled, observeDatabase } from './observe.ts'

type Input = z.output<typeof observeInput>
type Chosen = { readonly id: number; readonly serverId: number; readonly name: string; readonly targets: readonly number[] | null }

/** `targets` null: all of the database. */
export type DatabaseLook = { readonly databaseId: number; readonly targets: readonly number[] | null }

/** Who asks for observations elsewhere: a worker's queue. */
type Queue = { observe(serverId: number, looks: readonly DatabaseLook[], withStructure: boolean): Promise<void> }

const requireKnown = async (db: ControlDb, input: Input): Promise<void> => {
  for (const database of input.databases ?? []) {
    const row = await db.selectFrom('database').select('id').where('name', '=', database).executeTakeFirst()
    if (!row) throw new TenancyError('database.unknown', { database })
  }
  const slugs = input.slugs ?? []
  if (slugs.length === 0) return
  const { rows } = await sql<{
    slug: string
  }>`select s.slug from unnest(${slugs}::text[]) as s(slug) where not exists (select from tenant n where n.slug = s.slug) limit 1`.execute(db)
  if (rows[0]) throw new TenancyError('tenant.unknown', { slug: rows[0].slug })
}

const choose = async (db: ControlDb, input: Input): Promise<Chosen[]> => {
  await requireKnown(db, input)
  const named = input.databases === undefined ? sql`true` : sql`d.name = any(${input.databases}::text[])`
  if (input.slugs === undefined) {
    const { rows } = await sql<{
      id: number
      serverId: number
      name: string
    }>`select d.id, d.server_id as "serverId", d.name from database d where ${named} order by d.name`.execute(db)
    return rows.map((row) => ({ ...row, targets: null }))
  }
  const { rows } = await sql<{ id: number; serverId: number; name: string; targets: number[] }>`
    select d.id, d.server_id as "serverId", d.name, array_agg(t.id) as targets
    from target t join database d on d.id = t.database_id join placement p on p.target_id = t.id join tenant n on n.id = p.tenant_id
    where n.slug = any(${input.slugs}::text[]) and ${named} group by d.id, d.name order by d.name`.execute(db)
  return rows.map(({ targets, ...row }) => ({ ...row, targets: targets.map(Number) }))
}

/** @throws database.unknown, tenant.unknown */
export const requestObservation = async (library: Library, queue: Queue, actor: Actor, input: Input): Promise<{ databases: string[] }> => {
  const { db } = library.control
  const chosen = await choose(db, input)
  for (const [serverId, looks] of Map.groupBy(chosen, (one) => one.serverId))
    await queue.observe(
      serverId,
      looks.map(({ id, targets }) => ({ databaseId: id, targets })),
      input.structure === true,
    )
  const databases = chosen.map(({ name }) => name)
  await appendAudit(db, {
    actor,
    action: 'targets.observe',
    subjectKind: 'fleet',
    subject: 'fleet',
    details: { databases, tenants: input.slugs?.length ?? 'all', ...(input.structure === true ? { structure: true } : {}) },
  })
  await notify(db, { topic: 'observations' })
  return { databases }
}

const unlessCancelled = async <Result>(look: Promise<Result>): Promise<Result | null> => {
  try {
    return await look
  } catch (error) {
    if (error instanceof LookCancelled) return null
    throw error
  }
}

/** @throws database.unknown, tenant.unknown */
export const observeNow = async (
  library: Library,
  input: Input,
  signal?: AbortSignal,
): Promise<{ targets: number; unreachable: string[]; unread: Array<{ database: string; problem: string }>; isCancelled: boolean }> => {
  let targets = 0
  const unreachable: string[] = []
  const unread: Array<{ database: string; problem: string }> = []
  for (const { id, name, targets: only } of await choose(library.control.db, input)) {
    const result = await unlessCancelled(observeDatabase(library, id, only, undefined, input.structure === true ? 'asked' : 'none', signal))
    if (result === null) return { targets, unreachable, unread, isCancelled: true }
    targets += result.targets
    if (!result.reachable) unreachable.push(name)
    else if (result.problem !== null) unread.push({ database: name, problem: result.problem })
  }
  return { targets, unreachable, unread, isCancelled: false }
}
