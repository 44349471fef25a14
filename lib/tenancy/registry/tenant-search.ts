import { sql } from 'kysely'
import type { Library } from '../context.ts'

/** Slugs and names that hold the text, best first: the slug itself, slugs that begin so, names that begin so, then the rest. */
export const searchTenants = async (
  { control }: Pick<Library, 'control'>,
  q: string,
  limit: number,
): Promise<ReadonlyArray<{ readonly slug: string; readonly name: string }>> => {
  const text = q.trim().toLowerCase().slice(0, 120)
  const { rows } = await sql<{ slug: string; name: string }>`
    select slug, name from tenant
    where strpos(slug, ${text}) > 0 or strpos(lower(name), ${text}) > 0
    order by case
        when slug = ${text} then 0
        when starts_with(slug, ${text}) then 1
        when starts_with(lower(name), ${text}) then 2
        when strpos(lower(name), ' ' || ${text}) > 0 then 3
        else 4 end,
      length(slug), slug
    limit ${Math.min(Math.max(limit, 1), 100)}`.execute(control.db)
  return rows
}
