/** A host leads to one tenant: which hosts are another one's already, in whatever state that tenant is. */
import { sql } from 'kysely'
import type { ControlDb } from '../control/db.ts'
import { TenancyError } from '../errors.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'

export type TakenHost = { readonly host: string; readonly owner: string; readonly state: string }
type Claim = { readonly slug: string; readonly hosts: readonly string[] }

/** In one query for any number of tenants, in order of the hosts. */
export const takenHosts = async (db: ControlDb, claims: readonly Claim[]): Promise<readonly TakenHost[]> => {
  const pairs = claims.flatMap(({ slug, hosts }) => hosts.map((host) => ({ slug, host })))
  if (pairs.length === 0) return []
  const { rows } = await sql<TakenHost>`
    select distinct o.host, n.slug as owner, n.state
    from jsonb_to_recordset(${JSON.stringify(pairs)}::jsonb) as x(slug text, host text)
    join tenant_host o on o.host = x.host join tenant n on n.id = o.tenant_id
    where n.slug <> x.slug order by o.host`.execute(db)
  return rows
}

/** @throws host.taken */
export const refuseTakenHosts = async (db: ControlDb, claims: readonly Claim[]): Promise<void> => {
  const [first] = await takenHosts(db, claims)
  if (first) throw new TenancyError('host.taken', { host: first.host, slug: first.owner, state: first.state })
}

/** Somebody else took the host between the look and the write. */
export const isHostRace = (error: unknown): boolean =>
  codeOf(error) === sqlstate.uniqueViolation && error instanceof Error && Reflect.get(error, 'constraint') === 'tenant_host_pkey'
