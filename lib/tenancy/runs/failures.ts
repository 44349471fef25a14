import { sql } from 'kysely'
import type { AttemptError, FailureGroup } from '../contract/views.ts'
import type { Library } from '../context.ts'
import { TenancyError } from '../errors.ts'
import { normaliseMessage } from './conduct/cause.ts'
import { putRightOf, readLeftovers } from './leftovers.ts'

type Row = { readonly cause: string; readonly count: number; readonly example: AttemptError; readonly tenants: readonly string[] }

/** Failed items by cause, the largest group first. @throws run.unknown */
export const listFailures = async ({ control }: Pick<Library, 'control'>, run: number): Promise<readonly FailureGroup[]> => {
  const { rows } = await sql<Row>`
    with failed as (
      select coalesce(i.cause, '') as cause, i.position, coalesce(t.slug, i.tenant_slug) as slug from run_item i left join tenant t on t.id = i.tenant_id
      where i.run_id = ${run} and i.state = 'failed' and i.error is not null
    ), groups as (
      select cause, count(*)::int as count, min(position) as first, array_agg(slug order by slug) as tenants from failed group by cause
    )
    select g.cause, g.count, i.error as example, g.tenants from groups g join run_item i on i.run_id = ${run} and i.position = g.first
    order by g.count desc, g.first`.execute(control.db)
  if (rows.length === 0) {
    const known = await control.db.selectFrom('run').select('id').where('id', '=', run).executeTakeFirst()
    if (!known) throw new TenancyError('run.unknown', { run })
  }
  const leftovers = Map.groupBy(rows.length === 0 ? [] : await readLeftovers(control.db, run), ({ state, cause }) => `${state} ${cause}`)
  return rows.map((row) => {
    const same = leftovers.get(`failed ${row.cause}`) ?? []
    const remaining = new Set(same.filter(({ isLeft }) => isLeft).map(({ slug }) => slug))
    return { ...row, message: normaliseMessage(row.example), remaining: row.tenants.filter((slug) => remaining.has(slug)), putRight: putRightOf(same) }
  })
}
