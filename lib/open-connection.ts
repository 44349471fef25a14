import { ConnectionError, givenConnection } from './connection.ts'
import type { Connection } from './connection.ts'
import { keepSecret } from './embedded/files.ts'
import { openEmbedded } from './embedded/index.ts'
import { env } from './env.ts'

/**
 * For processes that stand on their own (start, worker, command line): starts the embedded server when there is no DATABASE_URL and none runs.
 * `say` is told what takes time. Throws ConnectionError.
 */
export const openConnection = async (say?: (line: string) => void): Promise<Connection> => {
  if (env.databaseUrl !== null) return givenConnection(env.databaseUrl)
  try {
    const server = await openEmbedded({ dataDir: env.dataDir, say })
    return {
      controlUrl: server.url,
      secret: env.secret ?? keepSecret(env.dataDir),
      isEmbedded: true,
      settle: () => server.settle(),
      close: () => server.release(),
    }
  } catch (error) {
    throw new ConnectionError('control.unreachable', error instanceof Error ? error.message : String(error), error)
  }
}
