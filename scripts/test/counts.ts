import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'

export type Counts = { readonly passed: number; readonly failed: number }

const reportSchema = z.object({ numPassedTests: z.number(), numFailedTests: z.number() })

/**
 * Reads vitest's report. A run that crashed before it wrote one, or that says it failed although no test did (an error outside of tests, a file that
 * could not be loaded, a leaked connection), counts as one failure more.
 */
export const readCounts = (file: string, isClean: boolean): Counts => {
  const report = existsSync(file) ? parse(readFileSync(file, 'utf8')) : null
  if (report === null) return { passed: 0, failed: 1 }
  const { numPassedTests: passed, numFailedTests: failed } = report
  return { passed, failed: failed === 0 && !isClean ? 1 : failed }
}

const parse = (text: string): z.output<typeof reportSchema> | null => {
  try {
    return reportSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
