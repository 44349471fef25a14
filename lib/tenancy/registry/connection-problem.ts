import { TenancyError, isTenancyError } from '../errors.ts'
import { connectionWords } from '../sql/connection-words.ts'
import { codeOf, sqlstate } from '../sql/sqlstate.ts'
import { addressOf, type DatabaseUrl } from '../sql/database-url.ts'
import { refusesTls } from '../sql/tls.ts'

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
  return new TenancyError('database.unreachable', { host, problem: connectionWords(code) }, error)
}

/** The same for whoever can wait a moment: a driver that was refused TLS only sees its connection cut. */
export const connectionProblemAt = async (error: unknown, at: DatabaseUrl): Promise<TenancyError> => {
  const problem = connectionProblem(error, at)
  if (problem.code !== 'database.unreachable' || !(await refusesTls(at.sslMode, at.host, at.port))) return problem
  return new TenancyError('database.no_tls', { host: addressOf(at), mode: at.sslMode }, error)
}
