/** What a command works with: the library on the control database, who asks, and where the result goes. */
import { hostname, userInfo } from 'node:os'
import { migrationsDir } from '../connection.ts'
import { createLogger } from '../log.ts'
import type { Actor, Tenancy } from '../tenancy/contract/index.ts'
import { createTenancy } from '../tenancy/index.ts'
import { startTracing } from '../tracing.ts'
import { createOutput } from './output.ts'
import type { Output } from './output.ts'
import type { Line } from './terminal.ts'

export type Session = {
  readonly tenancy: Tenancy
  readonly actor: Actor
  readonly output: Output
}

/** Whoever holds the control database's connection string may do everything; the audit shows the account's name. */
const operatingSystemUser = (): string => {
  try {
    return userInfo().username
  } catch {
    // An account without a name, as containers have them.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

export const cliActor = (): Actor => ({ kind: 'cli', id: null, label: `${operatingSystemUser()}@${hostname()}`, role: 'admin' })

/**
 * Runs `work` on the control database and closes everything behind it.
 * Throws ConnectionError, control.unreachable, and unless `isNew` control.not_ready.
 */
export const withSession = async <T>(line: Line, work: (session: Session) => Promise<T>, isNew = false): Promise<T> => {
  const output = createOutput(line)
  const connection = await line.terminal.connect((words) => output.note(words))
  const endTracing = await startTracing('cli')
  const tenancy = createTenancy({ controlUrl: connection.controlUrl, secret: connection.secret, migrationsDir, logger: createLogger('cli', 'error') })
  try {
    if (!isNew) await tenancy.control.ready()
    return await work({ tenancy, actor: cliActor(), output })
  } finally {
    await tenancy.close()
    await endTracing()
    await connection.close()
  }
}
