/** Messages of the two event streams. The id of a message is the revision that it brings the reader to. */
import type { ItemCounts, RunSummary } from './views.ts'
import type { RunState } from './states.ts'
import type { ServerPace } from './pace.ts'
import type { RunWait } from './waits.ts'

export type RunEvent = {
  readonly run: number
  readonly revision: number
  readonly state: RunState
  readonly counts: ItemCounts
  /** Items settled a second over the last ten seconds; null before anything settled. */
  readonly rate: number | null
  readonly etaMs: number | null
  readonly stopReason: string | null
  /** What holds it up, if anything does; looked at every other second. */
  readonly waitsFor: RunWait | null
  /** How many items each of its servers is worked with at once, by the server's name; read together with `waitsFor`. */
  readonly paces: Readonly<Record<string, ServerPace>>
  /** Changes since the reader's last revision as [position, letter]; `map` replaces them when the reader has none. */
  readonly changes: ReadonlyArray<readonly [position: number, letter: string]>
  readonly map: string | null
  readonly at: string
}

export type FleetEvent = {
  readonly revision: number
  readonly activeRuns: readonly RunSummary[]
  /** Something else changed (observations, tenants, sets, databases): read again what is on the screen. */
  readonly changed: readonly ('observations' | 'tenants' | 'sets' | 'databases' | 'runs')[]
  readonly at: string
}
