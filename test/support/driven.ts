/** Runs and items as a conductor holds them. */
import type { DrivenRun, Work } from '../../lib/tenancy/runs/conduct/work.ts'

export const runOf = (id: number, part: Partial<DrivenRun> = {}): DrivenRun => ({
  id,
  kind: 'migrate',
  migrations: [],
  seedSql: null,
  repair: null,
  question: null,
  maxConcurrent: null,
  state: 'running',
  revision: 0,
  isDoubted: false,
  weight: 'unknown',
  failuresLeft: null,
  ...part,
})

export const workOf = (run: DrivenRun, position: number, part: Partial<Work> = {}): Work => ({
  run,
  position,
  targetId: position,
  tenantId: position,
  slug: `t${position}`,
  databaseId: 1,
  schema: `t${position}`,
  role: null,
  fromVersion: null,
  options: null,
  pool: null,
  ownRuns: [],
  attempts: 0,
  isSerial: false,
  isStepwise: false,
  lookOnly: false,
  tries: 0,
  deaths: 0,
  notBefore: 0,
  summary: undefined,
  reader: null,
  ...part,
})
