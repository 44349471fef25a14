/**
 * Who drives a server. The control plane counts epochs: each takeover starts a new one, and a report that carries an older one is refused, so a conductor that
 * slept through its own takeover can change nothing. On the server itself a session advisory lock is held, and the backends of older epochs are ended first.
 */
import { sql } from 'kysely'
import type { ServerPace } from '../../contract/pace.ts'
import type { ControlDb } from '../../control/db.ts'
import { readInstallation } from '../../control/installation.ts'
import { connectFleet, type FleetConnection } from '../../session/fleet-connection.ts'
import { quoteLiteral } from '../../sql/ident.ts'

export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

export type Lease = { readonly serverId: number; readonly epoch: number; readonly installation: string }

const prefix = (installation: string): string => `tenantry:${installation}:c`

/** `tenantry:<installation>:c<epoch>`, and while an item is on its way `… <run> <schema>`. */
export const conductorName = ({ installation, epoch }: Lease): string => `${prefix(installation)}${epoch}`
export const flightName = (lease: Lease, run: number, schema: string): string => `${conductorName(lease)} run ${run} ${schema}`.slice(0, 63)

/** Starts a new epoch; whoever held the server before is refused from now on. */
export const takeLease = async (db: ControlDb, serverId: number, worker: string): Promise<Lease> => {
  const taking = sql<{ epoch: number }>`
    insert into conductor (server_id, epoch, worker, heartbeat_at, waiting_for) values (${serverId}, 1, ${worker}, now(), null)
    on conflict (server_id) do update set epoch = conductor.epoch + 1, worker = excluded.worker, heartbeat_at = now(), waiting_for = null, waiting_since = null
    returning epoch`.execute(db)
  const [{ rows }, installation] = await Promise.all([taking, readInstallation(db)])
  return { serverId, installation, epoch: Number(rows[0]?.epoch) }
}

/** What a conductor says of itself. `waitingFor`: what keeps it from a database or the server; `pace` null: it has no items in hand yet. */
export type Heartbeat = { readonly waitingFor: string | null; readonly pace: ServerPace | null }

export const lostLease = ({ serverId, epoch }: Lease): LeaseLost => new LeaseLost(`server ${serverId} has a newer conductor than epoch ${epoch}`)

/** @throws LeaseLost when another conductor has taken the server over */
export const beat = async (db: ControlDb, lease: Lease, { waitingFor, pace }: Heartbeat): Promise<void> => {
  const { rows } = await sql`
    update conductor set heartbeat_at = now(), waiting_for = ${waitingFor}::text,
      at_once = ${pace?.now ?? null}::integer, at_most = ${pace?.most ?? null}::integer, pace_reason = ${pace?.reason ?? null}::text,
      waiting_since = case when ${waitingFor}::text is null then null when waiting_for is null then now() else waiting_since end
    where server_id = ${lease.serverId} and epoch = ${lease.epoch} returning 1`.execute(db)
  if (rows.length === 0) throw lostLease(lease)
}

/** A row while the lease is held. It is held until the transaction ends, so that no takeover can slip in before its writes are there. */
export const heldLease = ({ serverId, epoch }: Lease) => sql`select 1 from conductor where server_id = ${serverId} and epoch = ${epoch} for share`

/** @throws LeaseLost */
export const requireLease = async (trx: ControlDb, lease: Lease): Promise<void> => {
  const { rows } = await heldLease(lease).execute(trx)
  if (rows.length === 0) throw lostLease(lease)
}

export const releaseLease = async (db: ControlDb, lease: Lease): Promise<void> => {
  await sql`update conductor set worker = null, waiting_for = null, waiting_since = null, at_once = null, at_most = null, pace_reason = null where server_id = ${lease.serverId} and epoch = ${lease.epoch}`.execute(
    db,
  )
}

/**
 * Older ones alone, by number: a conductor that slept through its own takeover must not end those who took over. One server may be two to the control plane, by two
 * addresses, each with epochs of its own: only databases that are known to be of this one are looked at.
 */
const olderBackends = (lease: Lease, others: readonly string[]): string =>
  `SELECT pid::text AS pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() ` +
  `AND (datname = current_database() OR (datname = ANY (ARRAY[${others.map(quoteLiteral).join(', ')}]::name[]) AND pg_has_role(usesysid, 'USAGE'))) ` +
  `AND substring(application_name FROM ${quoteLiteral(`^${prefix(lease.installation)}([0-9]+)`)})::bigint < ${lease.epoch}`

const waitMs = 100
const goneWithinMs = 30_000

/**
 * Ends what earlier conductors left running and waits until it is gone: it may still be executing DDL.
 * @param others databases of the same server in which that is done as well, as far as this user may: the budget is the server's
 * @throws when a backend does not go within 30 s
 */
export const endOlderBackends = async (connection: FleetConnection, lease: Lease, others: readonly string[] = []): Promise<number> => {
  const deadline = Date.now() + goneWithinMs
  let ended = 0
  for (;;) {
    const rows = await connection.query<{ pid: string }>(olderBackends(lease, others))
    if (rows.length === 0) return ended
    ended = Math.max(ended, rows.length)
    if (Date.now() > deadline) throw Object.assign(new Error(`${rows.length} backend(s) of an earlier conductor do not end`), { code: 'CONNECT_TIMEOUT' })
    await connection.query(`SELECT ${rows.map(({ pid }) => `pg_terminate_backend(${Number(pid)})`).join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, waitMs))
  }
}

/**
 * Opens the connection that stands for the conductor on its server. When it dies, the conductor must stop.
 * @param others databases of that server beside the one of the address
 * @throws the server's error, or LeaseLost when another holder does not go
 */
export const openFence = async (url: string, lease: Lease, others: readonly string[] = []): Promise<FleetConnection> => {
  const connection = await connectFleet(url, { applicationName: `${conductorName(lease)} fence` })
  try {
    await endOlderBackends(connection, lease, others)
    const [row] = await connection.query<{ locked: boolean | string }>(
      `SELECT pg_try_advisory_lock(hashtext(${quoteLiteral(`tenantry:${lease.installation}`)}), ${lease.serverId}) AS locked`,
    )
    if (row?.locked !== true && row?.locked !== 't') throw new LeaseLost(`another conductor holds server ${lease.serverId}`)
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}
