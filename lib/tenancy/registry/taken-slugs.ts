import { sql } from 'kysely'
import { slugProblem } from '../contract/slug.ts'
import type { Library } from '../context.ts'

/** The placement’s target is known to be there; one whose onboarding failed left nothing and may be tried again. */
export const isBuilt = (
  placement: 'p' | 'q',
) => sql`(exists (select from run_item i where i.target_id = ${sql.ref(`${placement}.target_id`)} and i.state in ('succeeded', 'skipped'))
  or exists (select from observation o where o.target_id = ${sql.ref(`${placement}.target_id`)} and o.digest is not null))`

/**
 * Those of the slugs that onboarding would refuse as taken, in one query. With a set, tenants that have no place in it yet are left out: they may get one.
 * Free is also what a failed onboarding left in state `provisioning`, unless it is being tried again at this moment.
 */
export const takenSlugs = async ({ control }: Pick<Library, 'control'>, slugs: readonly string[], set?: string): Promise<readonly string[]> => {
  const inSet = set === undefined ? sql`true` : sql`p.set_id = (select s.id from migration_set s where s.name = ${set})`
  const { rows } = await sql<{ slug: string }>`
    select n.slug from unnest(${[...slugs]}::text[]) as x(slug) join tenant n on n.slug = x.slug
    where n.state not in ('provisioning', 'active')
      or (n.state = 'active' and (${set === undefined} or exists (select from placement p where p.tenant_id = n.id and ${inSet} and ${isBuilt('p')})))
      or exists (select from placement p join run_item i on i.target_id = p.target_id join run r on r.id = i.run_id
        where p.tenant_id = n.id and ${inSet} and r.kind = 'onboard' and i.state in ('pending', 'running', 'interrupted'))
    order by n.slug`.execute(control.db)
  return rows.map(({ slug }) => slug)
}

export const takenProblem = 'is taken; choose another one'

/** Whether a new tenant may have this slug, and if not, why. */
export const checkSlug = async (library: Pick<Library, 'control'>, slug: string): Promise<{ readonly available: boolean; readonly problem: string | null }> => {
  const problem = slugProblem(slug)
  if (problem !== null) return { available: false, problem }
  const taken = await takenSlugs(library, [slug])
  return taken.length > 0 ? { available: false, problem: takenProblem } : { available: true, problem: null }
}
