import { TenancyError, isTenancyError } from '../errors.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import { addressOf, type DatabaseUrl } from './database-url.ts'

/** Node's and the driver's codes in words; the driver's own text would name functions and addresses. */
const networkProblems: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing answers at that port',
  ECONNRESET: 'the connection was cut while it was being made',
  EPIPE: 'the connection was cut while it was being made',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up just now',
  ETIMEDOUT: 'no answer in time',
  CONNECT_TIMEOUT: 'no answer in time',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the host',
  EADDRNOTAVAIL: 'there is no route to the host',
  EACCES: 'the connection is not permitted on this machine',
  CONNECTION_CLOSED: 'the server closed the connection',
  CONNECTION_DESTROYED: 'the server closed the connection',
  CONNECTION_ENDED: 'the server closed the connection',
  PROBE_TIMEOUT: 'it took a connection but did not answer in time',
}

const serverProblems: Readonly<Record<string, string>> = {
  [sqlstate.tooManyConnections]: 'all of the server’s connections are taken',
  [sqlstate.cannotConnectNow]: 'the server is starting up or shutting down',
  [sqlstate.adminShutdown]: 'the server is shutting down',
  [sqlstate.crashShutdown]: 'the server is restarting after a crash',
  [sqlstate.queryCanceled]: 'it took a connection but did not answer in time',
}

const tlsCodes = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/

/**
 * Turns whatever connecting or asking threw into a refusal that says what to do; decided by SQLSTATE and errno alone.
 * Never repeats the driver's message: it may hold what the server said about passwords and addresses.
 */
export const connectionProblem = (error: unknown, at: DatabaseUrl): TenancyError => {
  if (isTenancyError(error)) return error
  const code = codeOf(error)
  const host = addressOf(at)
  if (code === sqlstate.invalidPassword || code === sqlstate.invalidAuthorization || code === 'SASL_SIGNATURE_MISMATCH' || code === 'AUTH_TYPE_NOT_IMPLEMENTED')
    return new TenancyError('database.auth', { host, user: at.user }, error)
  if (code === sqlstate.undefinedDatabase || code === sqlstate.databaseDropped) return new TenancyError('database.missing', { host, dbname: at.dbname }, error)
  if (code === sqlstate.insufficientPrivilege)
    return new TenancyError(
      'database.rights',
      { user: at.user, right: `CONNECT on database “${at.dbname}”`, remedy: `grant connect on database "${at.dbname}" to "${at.user}"` },
      error,
    )
  // Poolers in front of PostgreSQL refuse start-up parameters that PostgreSQL itself takes.
  if (code === '08P01') return new TenancyError('database.pooler', { host }, error)
  if (tlsCodes.test(code)) return new TenancyError('database.unreachable', { host, problem: 'its TLS certificate was not accepted (see sslmode)' }, error)
  const problem = networkProblems[code] ?? serverProblems[code] ?? `the server answered with ${code}`
  return new TenancyError('database.unreachable', { host, problem }, error)
}
