import type { FleetConnection } from '../../session/fleet-connection.ts'

const askMs = 2_000

/** Lags are hidden from roles without pg_monitor, and null while a standby is idle: neither is a lag. */
const furthestBehind = `SELECT coalesce(max(extract(epoch FROM replay_lag)), 0)::text AS seconds FROM pg_stat_replication`

/** Whether a standby of the server is further behind than it may be; what cannot be asked is none. */
export const isLagging = async (fence: FleetConnection, limitSeconds: number): Promise<boolean> => {
  if (fence.dead) return false
  const rows = await fence.query<{ seconds: string }>(furthestBehind, askMs).catch(() => [])
  return Number(rows[0]?.seconds ?? 0) > limitSeconds
}
