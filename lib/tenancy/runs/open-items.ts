import { sql, type RawBuilder } from 'kysely'

/** Whether server `s` has an open item of this run. By LIMIT, which keeps the planner from reading all of them for a join: the first one says it. */
export const hasOpenItems = (run: RawBuilder<unknown>) => sql`(
  select true from run_item i where i.run_id = ${run} and i.server_id = s.id and i.state in ('pending', 'running', 'interrupted') limit 1) is not null`
