import type { Library } from '../context.ts'
import { takenProblem, takenSlugs } from '../registry/taken-slugs.ts'
import { mostCsvProblems, readOnboardCsv, type CsvResult } from './csv.ts'

/** What onboarding this file into a set would refuse by its lines: what is wrong in the file, and the slugs that are taken, in one look at the registry. */
export const checkOnboardCsv = async (library: Pick<Library, 'control'>, csv: string, set: string): Promise<CsvResult & { readonly problemCount: number }> => {
  const { rows, problems, lines } = readOnboardCsv(csv)
  const taken = lines.size === 0 ? [] : await takenSlugs(library, [...lines.keys()], set)
  const all = [...problems, ...taken.map((slug) => ({ line: lines.get(slug) ?? 1, column: 'slug', message: `“${slug}” ${takenProblem}` }))].toSorted(
    (a, b) => a.line - b.line,
  )
  return { rows: all.length > 0 ? [] : rows, problemCount: all.length, problems: all.slice(0, mostCsvProblems) }
}
