import type { BlockerStop, BlockingSession, StopBlockerInput } from '../../contract/blockers.ts'
import type { Actor } from '../../contract/permissions.ts'
import type { Library } from '../../context.ts'
import { auditAhead } from '../../control/audit.ts'
import { TenancyError } from '../../errors.ts'
import { lookBriefly } from '../../registry/brief-look.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { codeOf, sqlstate } from '../../sql/sqlstate.ts'
import { ownerQuery, stopQuery, type StopVerdict } from './chain-sql.ts'
import { findPlace, type ItemPlace } from './item-place.ts'
import { askServer, lookBounds } from './read-blockers.ts'

type Owner = { readonly user: string; readonly owner: string | null; readonly isSuper: string }
type Stopped =
  | { readonly verdict: StopVerdict; readonly session: BlockingSession | null }
  | { readonly verdict: 'rights'; readonly session: null; readonly owner: Owner | null }

const signal = async (connection: FleetConnection, place: ItemPlace, stop: BlockerStop, { pid, backendStart }: StopBlockerInput): Promise<Stopped> => {
  try {
    return await askServer<Stopped>(connection, stopQuery(place, stop, pid, backendStart))
  } catch (error) {
    if (codeOf(error) !== sqlstate.insufficientPrivilege) throw error
    const [owner] = await connection.query<Owner>(ownerQuery(pid), lookBounds.statementMs * 2)
    return { verdict: 'rights', session: null, owner: owner ?? null }
  }
}

const rightsMissing = (pid: number, owner: Owner | null): TenancyError => {
  const user = owner?.user ?? ''
  const remedy =
    owner?.isSuper === 'true' ? `Only a superuser may: ask one to end session ${pid}.` : `Have a superuser run: grant pg_signal_backend to "${user}".`
  return new TenancyError('session.rights', { pid, user, owner: owner?.owner ?? 'PostgreSQL itself', remedy })
}

const refusal = ({ pid, slug }: StopBlockerInput, stopped: Stopped): TenancyError | null => {
  const { session } = stopped
  switch (stopped.verdict) {
    case 'sent':
      return null
    case 'gone':
      return new TenancyError('session.gone', { pid, slug })
    case 'not_blocking':
      return new TenancyError('session.not_blocking', { pid, slug })
    case 'ours':
      return new TenancyError('session.ours', { pid, application: session?.application ?? 'tenantry' })
    case 'idle':
      return new TenancyError('session.idle', { pid, state: session?.state ?? 'state unknown' })
    case 'rights':
      return rightsMissing(pid, stopped.owner)
  }
}

/**
 * Ends the query or the session of somebody who is in the way of the item. The trail tells of it before the deed, which is another server's: who and why; and after it,
 * what came of it and what the session was.
 * @throws run.unknown, tenant.unknown, session.*, database.* when the server cannot be asked
 */
export const stopBlocker = async (library: Library, actor: Actor, stop: BlockerStop, input: StopBlockerInput): Promise<void> => {
  const { run, slug, pid, backendStart, reason } = input
  const { place } = await findPlace(library, run, slug)
  if (!place) throw new TenancyError('session.not_blocking', { pid, slug })
  const tell = await auditAhead(library.control.db, {
    actor,
    action: `sessions.${stop}`,
    subjectKind: 'session',
    subject: `${pid} on ${place.database.name}`,
    details: { run, tenant: slug, database: place.database.name, pid, backendStart, reason, session: null },
  })
  let stopped: Stopped
  try {
    stopped = await lookBriefly(library, place.database, (connection) => signal(connection, place, stop, input), lookBounds)
  } catch (error) {
    // The connection may have been lost with the answer alone. Where that cannot be told either, it stays pending.
    await tell({ outcome: 'unknown', code: codeOf(error) }).catch(() => {})
    throw error
  }
  await tell({ outcome: stopped.verdict, session: stopped.session })
  const refused = refusal(input, stopped)
  if (refused) throw refused
}
