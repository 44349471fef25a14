import { sql } from 'kysely'
import { isLockCode, type ItemBlockers, type LockHolder } from '../../contract/blockers.ts'
import { isFinalRun, type ItemState, type RunState } from '../../contract/states.ts'
import type { AttemptError } from '../../contract/views.ts'
import type { Library } from '../../context.ts'
import { budgetPrefix, readInstallation } from '../../control/installation.ts'
import { TenancyError } from '../../errors.ts'
import type { KnownDatabase } from '../../registry/brief-look.ts'
import { conductorName, flightName } from '../conduct/lease.ts'
import { putRightBy } from '../leftovers.ts'

type Row = {
  readonly runState: RunState
  readonly state: ItemState
  readonly error: AttemptError | null
  readonly finishedAt: Date | null
  readonly lastCode: string | null
  /** It failed lately, nothing has put it right since, and a rerun would take it: whoever was in its way would be in that one's too. */
  readonly isToRerun: boolean
  readonly schema: string | null
  readonly epoch: number | null
  readonly server_id: number
  readonly name: string | null
  readonly url_sealed: Buffer | null
}

/** Where the server of an item is asked, and for whom. */
export type ItemPlace = {
  readonly database: KnownDatabase
  readonly schema: string
  /** Application names of its backend: while it is on its way, and while its history is read. Null while nobody drives the server. */
  readonly names: { readonly flight: string; readonly conductor: string } | null
  /** Its last attempt met a lock. */
  readonly isAside: boolean
  /** Of an item that nothing tries any more: those who were seen in its way, and nobody else who happens to hold a lock there. Null while it is open. */
  readonly only: ReadonlyArray<Pick<LockHolder, 'pid' | 'backendStart'>> | null
  /** How the application names of Tenantry's own connections begin. */
  readonly ours: string
}

const openStates: ReadonlySet<ItemState> = new Set(['pending', 'running', 'interrupted', 'failed'])

const findItem = async ({ control: { db } }: Library, run: number, slug: string): Promise<Row | undefined> => {
  const { rows } = await sql<Row>`
    select r.state as "runState", i.state, i.error, i.finished_at as "finishedAt", ta.schema_name as schema, c.epoch, i.server_id, d.name, d.url_sealed,
      i.state = 'failed' and i.finished_at > now() - interval '1 day' and (${putRightBy}) is null and coalesce(t.state in ('active', 'provisioning') and exists (
        select from placement p where p.tenant_id = i.tenant_id and p.set_id = r.set_id and p.target_id = i.target_id), false) as "isToRerun",
      coalesce(i.error->>'code', (select a.error->>'code' from attempt a where a.run_id = i.run_id and a.position = i.position order by a.number desc limit 1)) as "lastCode"
    from run_item i join run r on r.id = i.run_id left join tenant t on t.id = i.tenant_id left join target ta on ta.id = i.target_id
    left join database d on d.id = ta.database_id left join conductor c on c.server_id = i.server_id
    where i.run_id = ${run} and coalesce(t.slug, i.tenant_slug) = ${slug} limit 1`.execute(db)
  return rows[0]
}

const failedOf = ({ state, error, finishedAt }: Row): ItemBlockers['failed'] =>
  state !== 'failed' || error === null
    ? null
    : { at: finishedAt?.toISOString() ?? null, code: error.code, message: error.message, isLock: isLockCode(error.code), heldBy: error.heldBy ?? [] }

const placeOf = async ({ control: { db } }: Library, row: Row, run: number): Promise<ItemPlace | null> => {
  const { runState, state, error, lastCode, isToRerun, schema, epoch, server_id, name, url_sealed } = row
  if ((isFinalRun(runState) && !isToRerun) || !openStates.has(state) || schema === null || name === null || url_sealed === null) return null
  const isAside = isLockCode(lastCode)
  if (state === 'failed' && !isAside) return null
  const only = isFinalRun(runState) ? (error?.heldBy ?? []) : null
  if (only?.length === 0) return null
  const installation = await readInstallation(db)
  const lease = epoch === null ? null : { serverId: server_id, epoch, installation }
  return {
    database: { name, server_id, url_sealed },
    schema,
    names: lease && { flight: flightName(lease, run, schema), conductor: conductorName(lease) },
    isAside,
    only,
    ours: budgetPrefix(installation),
  }
}

/**
 * `place` is null when nothing can be in its way: it has settled, or its run has and nobody is to rerun it, or it failed of something else.
 * @throws run.unknown; tenant.unknown when the tenant has no item there
 */
export const findPlace = async (
  library: Library,
  run: number,
  slug: string,
): Promise<{ readonly place: ItemPlace | null; readonly failed: ItemBlockers['failed'] }> => {
  const { db } = library.control
  const row = await findItem(library, run, slug)
  if (!row) {
    const known = await db.selectFrom('run').select('id').where('id', '=', run).executeTakeFirst()
    throw known ? new TenancyError('tenant.unknown', { slug }) : new TenancyError('run.unknown', { run })
  }
  return { place: await placeOf(library, row, run), failed: failedOf(row) }
}
