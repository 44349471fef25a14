import 'server-only'
import { TenancyError } from '@/lib/tenancy'
import type { CsvProblem } from '@/lib/tenancy/contract'

/** Nothing is onboarded from a file with a wrong line. @throws input.invalid naming the first lines */
export const refuseCsvProblems = (problems: readonly CsvProblem[]): void => {
  if (problems.length === 0) return
  const shown = problems.slice(0, 3).map(({ line, column, message }) => `line ${line}${column === null ? '' : `, ${column}`}: ${message}`)
  const more = problems.length > shown.length ? ` … and ${problems.length - shown.length} more` : ''
  throw new TenancyError('input.invalid', { problem: `${shown.join('; ')}${more}` })
}
