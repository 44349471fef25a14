import type { ControlDb } from './db.ts'

/** Tells this control plane's backends and locks apart from another one's on the same server. */
/** What every connection that counts against a server's budget is named with: those to the control database are not of it, wherever that is. */
export const budgetPrefix = (installation: string): string => `tenantry:${installation}:`

export const readInstallation = async (db: ControlDb): Promise<string> => {
  const row = await db.selectFrom('setting').select('value').where('key', '=', 'installation').executeTakeFirstOrThrow()
  return String(row.value)
}
