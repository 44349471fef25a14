import { sqlstate } from './sqlstate.ts'

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
  [sqlstate.invalidPassword]: 'the server refused the user or the password',
  [sqlstate.invalidAuthorization]: 'the server refused the user or the password',
  SASL_SIGNATURE_MISMATCH: 'the server refused the user or the password',
  [sqlstate.undefinedDatabase]: 'the server has no database of that name',
  [sqlstate.databaseDropped]: 'the database was dropped',
  [sqlstate.insufficientPrivilege]: 'the user may not connect to that database',
  [sqlstate.tooManyConnections]: 'all of the server’s connections are taken',
  [sqlstate.cannotConnectNow]: 'the server is starting up or shutting down',
  [sqlstate.adminShutdown]: 'the server is shutting down',
  [sqlstate.crashShutdown]: 'the server is restarting after a crash',
  [sqlstate.queryCanceled]: 'it took a connection but did not answer in time',
}

/** Why there is no connection, as the end of a sentence; decided by SQLSTATE or errno alone, never by the driver's message. */
export const connectionWords = (code: string): string => {
  if (code === 'unknown') return 'no connection was made'
  return networkProblems[code] ?? serverProblems[code] ?? `the server answered with the code ${code}`
}
