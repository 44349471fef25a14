/**
 * `npm start` and `npm run dev`: from nothing, or from where it was left, to a console that answers; until Ctrl-C. Web and worker are this one process,
 * PostgreSQL is its own.
 */
import { hostname } from 'node:os'
import { migrationsDir } from '../lib/connection.ts'
import type { Connection } from '../lib/connection.ts'
import { prepareDemo } from '../lib/demo/index.ts'
import { env } from '../lib/env.ts'
import { createLogger, withoutSecrets } from '../lib/log.ts'
import { processMetrics } from '../lib/on-call/metrics.ts'
import { openConnection } from '../lib/open-connection.ts'
import { createShutdown, untilSignal } from '../lib/shutdown.ts'
import type { Tenancy } from '../lib/tenancy/contract/index.ts'
import { createTenancy } from '../lib/tenancy/index.ts'
import { startTracing } from '../lib/tracing.ts'
import { stopWords } from '../lib/worker/stop-words.ts'
import { build, isBuilt } from './start/build.ts'
import { firstLink } from './start/first-link.ts'
import { note, phase } from './start/progress.ts'
import { choosePort, serve } from './start/serve.ts'

declare global {
  /** Where lib/server/tenancy looks first. */
  var tenantryLibrary: Tenancy | undefined
}

const isDev = process.argv.includes('--dev')
const shutdown = createShutdown()
const stopping = new AbortController()

/** A slow disk has thousands of new files to flush after the demo fleet was made. */
const stopLimitMs = 90_000

const closeOnceOpen = async (opening: Promise<Connection>): Promise<void> => {
  const slow = setTimeout(() => note('PostgreSQL writes its data to disk'), 2_000)
  try {
    await (await opening.catch(() => null))?.close()
  } finally {
    clearTimeout(slow)
  }
}

const start = async (): Promise<void> => {
  const opening = openConnection(note)
  // Added before it is open, so that a signal meanwhile leaves no server behind.
  shutdown.add('control database', () => closeOnceOpen(opening), stopLimitMs)
  const connection = await phase('PostgreSQL', () => opening)
  const port = await choosePort()
  const address = env.publicUrl ?? `http://localhost:${port}`

  shutdown.add('tracing', await startTracing('console'))
  const { controlUrl, secret } = connection
  const tenancy = createTenancy({ controlUrl, secret, migrationsDir, logger: createLogger('console'), meters: processMetrics().meters })
  shutdown.add('library', () => tenancy.close())
  await phase('Control database', () => tenancy.control.migrate())
  if (connection.isEmbedded) {
    const lock = await prepareDemo({ tenancy, controlUrl, phase })
    shutdown.add('demo lock', () => lock.release())
  }

  if (!isDev && !isBuilt()) await phase('Building the console, once for each change of it', () => build(stopping.signal))
  // In development Next makes its own, so that a change of the library is taken up.
  if (!isDev) globalThis.tenantryLibrary = tenancy
  if (env.isWorkerInside) {
    const worker = await tenancy.startWorker({ name: `${hostname()}:${process.pid}:web` })
    const stop = (): Promise<void> => worker.stop(stopWords(note))
    // At once, while the console still answers its last requests: nothing new may begin.
    stopping.signal.addEventListener('abort', () => void stop())
    shutdown.add('worker', stop)
  }
  const web = await phase('Console', () => serve(port, isDev))
  shutdown.add('console', () => web.close())
  process.stdout.write(`${await firstLink(tenancy, address, connection.isEmbedded)}\n`)
  await connection.settle()
}

const describe = (error: unknown): string => withoutSecrets(error instanceof Error ? error.message : String(error))

const signal = untilSignal(env.isStartedByNpm)
try {
  // Ctrl-C in the middle of a build counts as well.
  await Promise.race([start(), signal])
  await signal
  note('Stopping')
} catch (error) {
  process.stderr.write(`error start: ${describe(error)}\n`)
  process.exitCode = 1
}
stopping.abort()
for (const { name, error } of await shutdown.run()) process.stderr.write(`error stop: ${name}: ${describe(error)}\n`)
process.exit()
