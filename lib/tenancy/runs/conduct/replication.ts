import type { FenceLink } from './fence.ts'

/** Longer than the server lets it run: the bound of a flight destroys the connection, and this one is the conductor's fence. */
const answerMs = 300_000

/** Lags are hidden from roles without pg_monitor, and null while a standby is idle: neither is a lag. A consumer of logical changes is no standby. */
const furthestBehind = `SELECT coalesce(max(extract(epoch FROM r.replay_lag)), 0)::text AS seconds FROM pg_stat_replication r
LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid WHERE s.slot_type IS DISTINCT FROM 'logical'`

/** Whether a standby of the server is further behind than it may be; what cannot be asked is none. */
export class LagWatch {
  isLagging = false
  #isAsking = false

  /** Returns at once: a server that is slow to answer must not keep its conductor from its reports. */
  ask(fence: FenceLink, limitSeconds: number): void {
    if (this.#isAsking || fence.dead) return
    this.#isAsking = true
    void fence
      .query<{ seconds: string }>(furthestBehind, answerMs)
      .then(
        ([row]) => {
          this.isLagging = Number(row?.seconds ?? 0) > limitSeconds
        },
        () => {
          this.isLagging = false
        },
      )
      .finally(() => {
        this.#isAsking = false
      })
  }
}
