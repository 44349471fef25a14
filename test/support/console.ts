/** The whole console for a browser test run: `npm start` on a folder and a port of its own, with the demo fleet, stopped and removed afterwards. */
import { rmSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { findEmbedded } from '../../lib/embedded/find.ts'
import { nextFreePort } from '../../lib/embedded/ports.ts'
import { makeFolder, sweepDead } from './folder.ts'
import { startConsole } from './start-console.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the console answers. */
    readonly consoleUrl: string
    /** The first admin's one-time sign-in link. Good for one use in the whole run. */
    readonly firstLink: string
    /** Connection string of its control database; for looking, and for the command line. */
    readonly controlUrl: string
    /** TENANTRY_SECRET it runs with. */
    readonly secret: string
    /** Folder of its embedded server, for commands run beside it with TENANTRY_DATA. */
    readonly dataDir: string
    /** TENANTRY_METRICS_TOKEN it runs with. */
    readonly metricsToken: string
  }
}

const secret = 'the secret of the console under test, long enough'
const metricsToken = 'monitoring-of-the-console-under-test'

export default async (project: TestProject): Promise<() => Promise<void>> => {
  await sweepDead()
  const dataDir = makeFolder('console')
  const started = await startConsole({
    TENANTRY_DATA: dataDir,
    TENANTRY_SECRET: secret,
    TENANTRY_METRICS_TOKEN: metricsToken,
    PORT: String(await nextFreePort(3_900)),
  })
  project.provide('consoleUrl', started.address)
  project.provide('firstLink', started.link ?? '')
  project.provide('controlUrl', findEmbedded(dataDir) ?? '')
  project.provide('secret', secret)
  project.provide('dataDir', dataDir)
  project.provide('metricsToken', metricsToken)
  return async () => {
    await started.end()
    rmSync(dataDir, { recursive: true, force: true })
  }
}
