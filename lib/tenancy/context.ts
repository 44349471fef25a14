import type { Control } from './control/db.ts'

/** The four calls that the library makes on a logger; pino fits. Events are names with ids, no sentences. */
export type Logger = {
  debug(fields: object, event: string): void
  info(fields: object, event: string): void
  warn(fields: object, event: string): void
  error(fields: object, event: string): void
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** What every part of the library works with; made once by createTenancy. */
export type Library = {
  readonly control: Control
  /** TENANTRY_SECRET: seals connection strings. */
  readonly secret: string
  readonly logger: Logger
  readonly clock: () => Date
}
