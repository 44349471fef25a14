/** Which shape somebody means who names it as they read it: by its letter, or by the beginning of its id. */
import { sql } from 'kysely'
import type { z } from 'zod'
import { shapeId, type findShapeInput } from '../../contract/commands.ts'
import type { Library } from '../../context.ts'
import { TenancyError } from '../../errors.ts'
import { isSeenNow } from '../../registry/tenant-filter.ts'
import { findDriftSet } from './detail.ts'

type Candidate = { readonly id: string; readonly letter: string | null; readonly version: string | null; readonly server: number; readonly tenants: number }

const candidatesTold = 10
const leastPrefix = 6

const candidateText = ({ id, letter, version, server, tenants }: Candidate): string =>
  `${letter ?? 'the norm'} at ${version ?? 'no version'} (${id}, PostgreSQL ${server}, ${tenants} ${tenants === 1 ? 'tenant' : 'tenants'})`

const ambiguous = (set: string, shape: string, candidates: readonly Candidate[]): TenancyError => {
  const more = candidates.length - candidatesTold
  const told = candidates.slice(0, candidatesTold).map(candidateText)
  return new TenancyError('drift.shape_ambiguous', {
    set,
    shape,
    count: candidates.length,
    candidates: `${told.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    shapes: candidates.map(({ id }) => id),
  })
}

/**
 * @returns its id; a whole id as it is where no target has that shape, so that whoever uses it says so
 * @throws set.unknown, drift.shape_unknown, drift.shape_ambiguous
 */
export const findShape = async (library: Pick<Library, 'control'>, { set, shape, version }: z.output<typeof findShapeInput>): Promise<string> => {
  const { id: setId } = await findDriftSet(library, set)
  const beginning = shape.toLowerCase()
  const { rows } = await sql<Candidate>`
    select x.shape as id, min(x.letter) as letter, min(x.version) as version, min(x.server_major) as server, count(*)::int as tenants
    from tenant t join placement p on p.tenant_id = t.id join observation o on o.target_id = p.target_id join seen_structure x on ${isSeenNow}
    where t.state in ('active', 'suspended') and p.set_id = ${setId} and x.set_id = ${setId} and (${version ?? null}::text is null or x.version = ${version ?? null})
      and (x.letter = ${shape.toUpperCase()} or (${beginning.length >= leastPrefix} and starts_with(x.shape, ${beginning})))
    group by x.shape order by count(*) desc, x.shape`.execute(library.control.db)
  const exact = rows.find(({ id }) => id === beginning)
  if (exact) return exact.id
  const [first, ...others] = rows
  if (!first && version === undefined && shapeId.safeParse(beginning).success) return beginning
  if (!first) throw new TenancyError('drift.shape_unknown', { set, shape: version === undefined ? shape : `${shape} at ${version}` })
  if (others.length > 0) throw ambiguous(set, shape, rows)
  return first.id
}
