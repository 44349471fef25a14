import type { ItemReport } from '../../lib/tenancy/runs/conduct/report-rows.ts'

/** What a conductor would tell of an item: that it runs, and nothing else, but for what is said here. */
export const itemWord = (part: Pick<ItemReport, 'run' | 'position' | 'targetId' | 'tenantId'> & Partial<ItemReport>): ItemReport => ({
  state: 'running',
  attempts: 0,
  nextAttemptAt: null,
  startedAt: new Date(),
  attempt: null,
  error: null,
  seen: null,
  activates: false,
  ...part,
})
