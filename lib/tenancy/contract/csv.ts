import type { OnboardRow } from './commands.ts'

/** What is wrong with a line of an onboarding file, and in which column. */
export type CsvProblem = { readonly line: number; readonly column: string | null; readonly message: string }
/** What a file holds before anything is started. */
export type CsvPreview = {
  readonly total: number
  readonly rows: readonly OnboardRow[]
  /** At most 100 of them; `problemCount` says how many there are. */
  readonly problems: readonly CsvProblem[]
  readonly problemCount: number
  /** What could not be looked at just now. */
  readonly notes: readonly string[]
}
/** The same of one tenant that is being typed: `field` as onboarding names it, null for all of it. */
export type OnboardingCheck = {
  readonly problems: ReadonlyArray<{ readonly field: string | null; readonly message: string }>
  readonly notes: readonly string[]
}
