import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readCounts } from '../../scripts/test/counts.ts'

const folder = mkdtempSync(join(tmpdir(), 'tenantry-counts-'))
afterAll(() => rmSync(folder, { recursive: true }))

const write = (text: string): string => {
  const file = join(folder, 'report.json')
  writeFileSync(file, text)
  return file
}
const report = (numPassedTests: number, numFailedTests: number): string => write(JSON.stringify({ numPassedTests, numFailedTests, success: false }))

describe('the counts of a test run', () => {
  it('are those of its report', () => {
    expect(readCounts(report(12, 0), true)).toEqual({ passed: 12, failed: 0 })
    expect(readCounts(report(12, 3), false)).toEqual({ passed: 12, failed: 3 })
  })

  it('have a failure more when the run failed and no test did', () => {
    expect(readCounts(report(12, 0), false)).toEqual({ passed: 12, failed: 1 })
  })

  it('have a failure when there is no report, or half of one', () => {
    expect(readCounts(join(folder, 'none.json'), true)).toEqual({ passed: 0, failed: 1 })
    expect(readCounts(write('{"numPassedTests": 3'), true)).toEqual({ passed: 0, failed: 1 })
  })
})
