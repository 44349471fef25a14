/** Before existing schemas are adopted: are the versions the set's, and are the schemas there. */
import type { Library } from '../context.ts'
import { TenancyError } from '../errors.ts'
import { lookForSchemas, type SeenDatabase } from './live-schemas.ts'

export type Adoption = { readonly slug: string; readonly databaseId: number; readonly schema: string; readonly baseline: string | null }
type Problem = { readonly slug: string; readonly message: string }

const shownInWords = 10
const mostListed = 1_000

/** @throws onboard.baseline naming every tenant that cannot be adopted, with the reason */
export const refuseProblems = (problems: readonly Problem[]): void => {
  if (problems.length === 0) return
  const shown = problems.slice(0, shownInWords).map(({ slug, message }) => `“${slug}”: ${message}`)
  const more = problems.length > shown.length ? `; and ${problems.length - shown.length} more` : ''
  const count = new Set(problems.map(({ slug }) => slug)).size
  throw new TenancyError('onboard.baseline', { count, problem: `${shown.join('; ')}${more}`, problems: problems.slice(0, mostListed) })
}

/** Baselines that are no version of the set. */
export const unknownBaselines = (rows: readonly Adoption[], set: string, versions: ReadonlySet<string>): readonly Problem[] =>
  rows.flatMap(({ slug, baseline }) =>
    baseline === null || versions.has(baseline) ? [] : [{ slug, message: `set “${set}” has no version ${baseline} to adopt it at` }],
  )

const problemOf = ({ slug, schema }: Adoption, { name, look }: SeenDatabase): Problem | null => {
  if ('there' in look) return look.there.has(schema) ? null : { slug, message: `there is no schema “${schema}” in database “${name}”` }
  // The item of each tenant looks again, and says what it finds.
  if ('late' in look) return null
  return { slug, message: `database “${name}” could not be asked whether its schema is there. ${look.refused}. Try again when it answers` }
}

/** Schemas that are not there, in the order of the input. A database that refuses to be asked is a reason as well. */
export const missingSchemas = async (library: Library, rows: readonly Adoption[]): Promise<readonly Problem[]> => {
  const adopted = rows.filter(({ baseline }) => baseline !== null)
  const seen = new Map((await lookForSchemas(library, adopted)).map((database) => [database.id, database]))
  return adopted.flatMap((row) => {
    const database = seen.get(row.databaseId)
    const problem = database ? problemOf(row, database) : null
    return problem ? [problem] : []
  })
}
