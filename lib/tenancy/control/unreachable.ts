import { TenancyError } from '../errors.ts'
import { connectionWords } from '../sql/connection-words.ts'
import { parseDatabaseUrl } from '../sql/database-url.ts'
import { codeOf } from '../sql/sqlstate.ts'
import { refusesTls } from '../sql/tls.ts'

/** Whatever connecting to the control database threw, as the refusal that says so in words. */
export const controlUnreachable = (error: unknown): TenancyError =>
  new TenancyError('control.unreachable', { problem: `${connectionWords(codeOf(error))}.` }, error)

/** The same for whoever can wait a moment: of a server without TLS the drivers only know that there is no connection. */
export const controlUnreachableAt = async (error: unknown, url: string): Promise<TenancyError> => {
  const { host, port, sslMode } = parseDatabaseUrl(url)
  if (!(await refusesTls(sslMode, host, port))) return controlUnreachable(error)
  return new TenancyError('control.unreachable', { problem: `the server offers no TLS, which sslmode=${sslMode} asks for.` }, error)
}
