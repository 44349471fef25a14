/** What an error says about the next try. Decided by SQLSTATE or driver code, never by message. */

export const sqlstate = {
  lockNotAvailable: '55P03',
  deadlock: '40P01',
  serialization: '40001',
  uniqueViolation: '23505',
  notNullViolation: '23502',
  queryCanceled: '57014',
  adminShutdown: '57P01',
  crashShutdown: '57P02',
  cannotConnectNow: '57P03',
  databaseDropped: '57P04',
  idleSessionTimeout: '57P05',
  idleInTransactionTimeout: '25P03',
  transactionAborted: '25P02',
  tooManyConnections: '53300',
  outOfMemory: '53200',
  diskFull: '53100',
  dependentObjects: '2BP01',
  undefinedTable: '42P01',
  duplicateTable: '42P07',
  ambiguousColumn: '42702',
  undefinedColumn: '42703',
  undefinedObject: '42704',
  duplicateObject: '42710',
  undefinedFunction: '42883',
  undefinedSchema: '3F000',
  invalidPassword: '28P01',
  invalidAuthorization: '28000',
  insufficientPrivilege: '42501',
  undefinedDatabase: '3D000',
  readOnlyTransaction: '25006',
  undefinedCursor: '34000',
} as const

/**
 * - `transient`: passes by itself; another try on the same connection may do.
 * - `connection`: the connection is gone or cannot be had; another try needs a new one.
 * - `permanent`: bad SQL or bad data; trying again by itself changes nothing.
 */
export type ErrorClass = 'transient' | 'connection' | 'permanent'

const transient: ReadonlySet<string> = new Set([sqlstate.lockNotAvailable, sqlstate.deadlock, sqlstate.serialization, sqlstate.outOfMemory, sqlstate.diskFull])

const connection: ReadonlySet<string> = new Set([
  sqlstate.adminShutdown,
  sqlstate.crashShutdown,
  sqlstate.cannotConnectNow,
  sqlstate.databaseDropped,
  sqlstate.idleSessionTimeout,
  sqlstate.idleInTransactionTimeout,
  sqlstate.tooManyConnections,
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'FLIGHT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
])

export const classify = (code: string): ErrorClass => {
  if (transient.has(code)) return 'transient'
  if (connection.has(code) || code.startsWith('08')) return 'connection'
  return 'permanent'
}

/** The first two characters of an SQLSTATE; `driver` for what a socket or the driver said, `tenantry` for what Tenantry itself found. */
export const sqlstateClass = (code: string): string => {
  // EPIPE has five capitals as well.
  if (/^(?=.*\d)[0-9A-Z]{5}$/.test(code)) return code.slice(0, 2)
  return /^[A-Z][A-Z_]+$/.test(code) ? 'driver' : 'tenantry'
}

/** SQLSTATE or driver code of whatever was thrown; `unknown` when it has none. */
export const codeOf = (error: unknown): string => {
  if (typeof error !== 'object' || error === null) return 'unknown'
  // Node wraps the refusals of several addresses of one host into one error without a code of its own.
  if (error instanceof AggregateError && error.errors.length > 0 && !('code' in error && error.code)) return codeOf(error.errors[0])
  return 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
