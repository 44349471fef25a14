/** Where the control database is and which key its secrets have: from the environment, or the embedded server. */
import { join } from 'node:path'
import { keepSecret } from './embedded/files.ts'
import { findEmbedded } from './embedded/find.ts'
import { env } from './env.ts'
import { projectRoot } from './root.ts'

/** The console's own migrations. */
export const migrationsDir = join(/* turbopackIgnore: true */ projectRoot, 'migrations')

export type Connection = {
  readonly controlUrl: string
  readonly secret: string
  /** Whether the control database is on the embedded server, which also carries the demo fleet. */
  readonly isEmbedded: boolean
  /** Lets the embedded server write out what is only in memory, so that a later stop is quick. */
  settle(): Promise<void>
  /** Gives the embedded server back, which stops when nobody else uses it. */
  close(): Promise<void>
}

export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: 'secret.missing' | 'control.unreachable'

  constructor(code: ConnectionError['code'], message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

const nothing = async (): Promise<void> => undefined

/** The control database named by the environment. Throws ConnectionError without a secret. */
export const givenConnection = (controlUrl: string): Connection => {
  if (env.secret === null) {
    throw new ConnectionError(
      'secret.missing',
      'TENANTRY_SECRET is not set. With a DATABASE_URL it must be: at least 32 random characters, the same for every process (openssl rand -base64 32).',
    )
  }
  return { controlUrl, secret: env.secret, isEmbedded: false, settle: nothing, close: nothing }
}

/** For the web process, which `npm start` surrounds: takes what is there and starts nothing. Throws ConnectionError. */
export const findConnection = (): Pick<Connection, 'controlUrl' | 'secret' | 'isEmbedded'> => {
  if (env.databaseUrl !== null) return givenConnection(env.databaseUrl)
  const controlUrl = findEmbedded(env.dataDir)
  if (controlUrl === null) {
    throw new ConnectionError('control.unreachable', 'The embedded PostgreSQL is not running. Start the console with npm start, or set DATABASE_URL.')
  }
  return { controlUrl, secret: env.secret ?? keepSecret(env.dataDir), isEmbedded: true }
}
