import type { ControlDb } from './db.ts'

/** Tells this control plane's backends and locks apart from another one's on the same server. */
export const readInstallation = async (db: ControlDb): Promise<string> => {
  const row = await db.selectFrom('setting').select('value').where('key', '=', 'installation').executeTakeFirstOrThrow()
  return String(row.value)
}
