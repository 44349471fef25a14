import type { AttemptState, RunKind } from './contract/states.ts'
import type { Control } from './control/db.ts'

/** The four calls that the library makes on a logger; pino fits. Events are names with ids, no sentences. */
export type Logger = {
  debug(fields: object, event: string): void
  info(fields: object, event: string): void
  warn(fields: object, event: string): void
  error(fields: object, event: string): void
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** What a process counts of its own work; the edge hands in something that keeps it. */
export type Meters = {
  /** A try of an item has ended, or it needed none. @param errorClass first two characters of the SQLSTATE, `driver`, `tenantry`; empty: nothing went wrong */
  attempt(kind: RunKind, outcome: AttemptState | 'skipped', errorClass: string, seconds: number): void
}

export const silentMeters: Meters = { attempt() {} }

/** What every part of the library works with; made once by createTenancy. */
export type Library = {
  readonly control: Control
  /** TENANTRY_SECRET: seals connection strings. */
  readonly secret: string
  readonly logger: Logger
  readonly meters: Meters
  readonly clock: () => Date
}
