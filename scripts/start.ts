/** `npm start` and `npm run dev`: from nothing, or from where it was left, to a console that answers; until Ctrl-C. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { migrationsDir } from '../lib/connection.ts'
import { prepareDemo } from '../lib/demo/index.ts'
import { env } from '../lib/env.ts'
import { createLogger, withoutSecrets } from '../lib/log.ts'
import { openConnection } from '../lib/open-connection.ts'
import type { Connection } from '../lib/connection.ts'
import { projectRoot } from '../lib/root.ts'
import { onShutdown, shutDown, untilSignal } from '../lib/shutdown.ts'
import { createTenancy } from '../lib/tenancy/index.ts'
import { build, isBuilt } from './start/build.ts'
import { firstLink } from './start/first-link.ts'
import { note, phase } from './start/progress.ts'
import { choosePort, serve } from './start/serve.ts'

const isDev = process.argv.includes('--dev')

/** Brings the control plane and the demo fleet up to date; returns the line with the way in, when somebody needs one. */
const prepare = async (connection: Connection, address: string): Promise<string | null> => {
  const tenancy = createTenancy({
    controlUrl: connection.controlUrl,
    secret: connection.secret,
    migrationsDir,
    logger: createLogger('start'),
  })
  try {
    await phase('Control database', () => tenancy.control.migrate())
    if (connection.embeddedUrlOf) await prepareDemo({ tenancy, urlOf: connection.embeddedUrlOf, say: note, phase })
    return await firstLink(tenancy, address, connection.isEmbedded)
  } finally {
    await tenancy.close()
  }
}

const start = async (): Promise<void> => {
  const connection = await phase(env.databaseUrl === null ? 'PostgreSQL' : 'Control database', () => openConnection(note))
  onShutdown('control database', () => connection.close())
  const port = await choosePort()
  const address = env.publicUrl ?? `http://localhost:${port}`
  const link = await prepare(connection, address)
  if (!isDev && !isBuilt()) await phase(existsSync(join(projectRoot, '.next', 'BUILD_ID')) ? 'Building the changed console' : 'Building the console, once', build)
  const web = await phase('Console', () => serve(port, isDev))
  onShutdown('console', () => web.close())
  process.stdout.write(`${link ?? `Tenantry is up on ${address}`}\n`)
}

const describe = (error: unknown): string => withoutSecrets(error instanceof Error ? error.message : String(error))

try {
  const signal = untilSignal()
  // Ctrl-C in the middle of a build counts as well.
  await Promise.race([start(), signal])
  await signal
  process.stderr.write('  Stopping\n')
} catch (error) {
  process.stderr.write(`error start: ${describe(error)}\n`)
  process.exitCode = 1
}
for (const { name, error } of await shutDown()) process.stderr.write(`error stop: ${name}: ${describe(error)}\n`)
process.exit()
