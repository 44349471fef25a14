/** `npm start` as a child process, for tests and pictures of the whole console. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { childEnvironment } from '../../lib/env.ts'
import { projectRoot } from '../../lib/root.ts'

export type StartedConsole = {
  /** Where it answers. */
  readonly address: string
  /** Of the one process that is web, worker and all. */
  readonly pid: number
  /** The one-time sign-in link; null when there is an admin already, or when `tenantry init` has to make one. */
  readonly link: string | null
  /** Ends it in order, or at once by SIGKILL; settles when the process is gone. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

const startLimitMs = 300_000

/** Starts a console with these variables over the shell's. Throws with everything it said when it ends instead of coming up, or takes too long. */
export const startConsole = async (changes: Readonly<Record<string, string>>): Promise<StartedConsole> => {
  const child = spawn(process.execPath, [join(projectRoot, 'scripts', 'start.ts')], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: childEnvironment({ DATABASE_URL: '', TENANTRY_URL: '', TENANTRY_WORKER: 'on', ...changes }),
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const end = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal)
    await gone
  }
  let output = ''
  const limit = AbortSignal.timeout(startLimitMs)
  const found = new Promise<Pick<StartedConsole, 'address' | 'link'>>((resolve, reject) => {
    limit.addEventListener('abort', () => reject(new Error(`The console did not come up within ${startLimitMs / 1000} s:\n${output}`)))
    const listen = (chunk: Buffer): void => {
      output += chunk.toString()
      const address = /^Tenantry is up.*?(https?:\/\/[^/\s]+)(\/welcome\S+)?[\s.]/ms.exec(output)
      if (address?.[1] !== undefined) resolve({ address: address[1].replace(/\.$/, ''), link: address[2] === undefined ? null : `${address[1]}${address[2]}` })
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    void gone.then(() => reject(new Error(`The console ended instead of coming up:\n${output}`)))
  })
  try {
    return { ...(await found), pid: child.pid ?? 0, end }
  } catch (error) {
    await end()
    throw error
  }
}
