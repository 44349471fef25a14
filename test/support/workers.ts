/** Workers in processes of their own, for tests that break them. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import nodeFlags from '../../bin/node-flags.json' with { type: 'json' }
import { projectRoot } from '../../lib/root.ts'
import type { Fleet } from './fleet.ts'
import { testSecret } from './template.ts'
import type { WorkerSpec } from './worker-entry.ts'

export type WorkerProcess = {
  readonly name: string
  readonly pid: number
  readonly isAlive: boolean
  /** Resolves when it waits for work. */
  readonly ready: Promise<void>
  signal(signal: NodeJS.Signals): void
  /** Sends the signal and waits for its end. Returns the exit code; null when a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

let count = 0
const alive = new Set<ChildProcess>()

/** @param fleet its control database as this worker is to reach it */
export const spawnWorker = (fleet: Pick<Fleet, 'controlUrl' | 'limits'>): WorkerProcess => {
  count += 1
  const name = `worker-${process.pid}-${count}`
  const spec: WorkerSpec = { controlUrl: fleet.controlUrl, secret: testSecret, limits: fleet.limits, name }
  const child = spawn(process.execPath, [...nodeFlags, join(projectRoot, 'test', 'support', 'worker-entry.ts'), JSON.stringify(spec)], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it was ready`)))
  })
  // A worker may be killed before anybody waits for it.
  ready.catch(() => {})
  return {
    name,
    pid: child.pid ?? 0,
    get isAlive() {
      return alive.has(child)
    },
    ready,
    signal: (signal) => {
      child.kill(signal)
    },
    end: async (signal) => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      const ended = once(child, 'exit')
      child.kill(signal)
      await ended
      return child.exitCode
    },
  }
}

/** Whatever a failed test left behind. */
export const killWorkers = (): void => {
  for (const child of alive) child.kill('SIGKILL')
}

/** As if the time had passed after which the heartbeats of the dead count as missing. */
export const passHeartbeats = async (fleet: Fleet): Promise<void> => {
  await fleet.control`update conductor set heartbeat_at = now() - interval '1 minute'`
  await fleet.control`update pgboss.job set state = 'failed', completed_on = now() where state = 'active' and name = 'conduct'`
  await fleet.control`select pg_notify('tenantry', '{"topic":"runs"}')`
}
