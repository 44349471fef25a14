/** The whole console for a browser test run: `npm start` on a folder and a port of its own, with the demo fleet, stopped and removed afterwards. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { findEmbedded } from '../../lib/embedded/find.ts'
import { nextFreePort } from '../../lib/embedded/ports.ts'
import { childEnvironment } from '../../lib/env.ts'
import { projectRoot } from '../../lib/root.ts'
import { makeFolder, sweepDead } from './folder.ts'

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
  }
}

const startLimitMs = 300_000
const secret = 'the secret of the console under test, long enough'

/** Waits for the line with the link; throws with everything it said when it ends or takes too long. */
const untilUp = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let output = ''
    const limit = setTimeout(() => reject(new Error(`The console did not come up within ${startLimitMs / 1000} s:\n${output}`)), startLimitMs)
    const listen = (chunk: Buffer): void => {
      output += chunk.toString()
      const link = /https?:\/\/\S+\/welcome\S+/.exec(output)?.[0]
      if (link === undefined) return
      clearTimeout(limit)
      resolve(link)
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('exit', (code) => reject(new Error(`The console ended with ${code} instead of coming up:\n${output}`)))
  })

export default async (project: TestProject): Promise<() => Promise<void>> => {
  await sweepDead()
  const dataDir = makeFolder('console')
  const port = await nextFreePort(3_900)
  const child = spawn(process.execPath, [join(projectRoot, 'scripts', 'start.ts')], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: childEnvironment({
      DATABASE_URL: '', TENANTRY_URL: '', TENANTRY_WORKER: 'on', TENANTRY_DATA: dataDir, TENANTRY_SECRET: secret, PORT: String(port),
    }),
  })
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await ended
    }
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    const link = await untilUp(child)
    project.provide('consoleUrl', new URL(link).origin)
    project.provide('firstLink', link)
    project.provide('controlUrl', findEmbedded(dataDir) ?? '')
    project.provide('secret', secret)
    project.provide('dataDir', dataDir)
    return stop
  } catch (error) {
    await stop()
    throw error
  }
}
