import type postgres from 'postgres'
import type { Quick } from '../../lib/tenancy/migrations/send-as-one.ts'

/** Cancels over a session of the test's own. */
export const quickBy = (sql: postgres.Sql, pid: number): Quick => ({
  cancel: async () => {
    await sql`select pg_cancel_backend(${pid})`
    return 'sent'
  },
})
