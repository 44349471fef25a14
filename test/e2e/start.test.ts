/** `npm start` a second time: beside a running console, after one that was killed, and stopped in order. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, inject, it } from 'vitest'
import { childEnvironment } from '../../lib/env.ts'
import { findEmbedded } from '../../lib/embedded/find.ts'
import { projectRoot } from '../../lib/root.ts'

type Started = { readonly child: ChildProcess; readonly output: () => string; readonly address: string; readonly tookMs: number }

const running = new Set<ChildProcess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})

const startAgain = async (changes: Readonly<Record<string, string>> = {}): Promise<Started> => {
  const began = Date.now()
  const child = spawn(process.execPath, [join(projectRoot, 'scripts', 'start.ts')], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: childEnvironment({
      DATABASE_URL: '',
      TENANTRY_URL: '',
      TENANTRY_WORKER: 'off',
      TENANTRY_DATA: inject('dataDir'),
      TENANTRY_SECRET: inject('secret'),
      PORT: new URL(inject('consoleUrl')).port,
      NODE_ENV: 'production',
      ...changes,
    }),
  })
  running.add(child)
  let output = ''
  const address = await new Promise<string>((resolve, reject) => {
    const listen = (chunk: Buffer): void => {
      output += chunk.toString()
      const found = /Tenantry is up.*(http:\/\/localhost:\d+)/.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    child.once('exit', () => reject(new Error(`It ended instead of coming up:\n${output}`)))
  })
  return { child, output: () => output, address, tookMs: Date.now() - began }
}

const end = (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> =>
  new Promise((resolve) => {
    child.once('exit', (code) => {
      running.delete(child)
      resolve(code)
    })
    child.kill(signal)
  })

const answers = async (address: string): Promise<boolean> => (await fetch(`${address}/sign-in`)).ok

it('a second start is quick, keeps everything, and takes another port and says so', async () => {
  const second = await startAgain()
  expect(second.address).not.toBe(inject('consoleUrl'))
  expect(second.output()).toContain(`port ${new URL(inject('consoleUrl')).port} is taken by another program; the console is on`)
  expect(second.output()).not.toContain('Demo fleet')
  expect(second.output()).not.toContain('Building')
  expect(second.tookMs).toBeLessThan(30_000)
  expect(await answers(second.address)).toBe(true)
  expect(await end(second.child, 'SIGINT')).toBe(0)
  expect(await answers(inject('consoleUrl'))).toBe(true)
})

it('a start that was killed is no hindrance to the next, and no harm to the others', async () => {
  const killed = await startAgain()
  await end(killed.child, 'SIGKILL')
  const next = await startAgain()
  expect(await answers(next.address)).toBe(true)
  expect(await end(next.child, 'SIGTERM')).toBe(0)
  expect(findEmbedded(inject('dataDir'))).toBe(inject('controlUrl'))
  expect(await answers(inject('consoleUrl'))).toBe(true)
})

it('with a database of one’s own it starts no server and makes no demo', async () => {
  const unused = join(inject('dataDir'), 'unused')
  const own = await startAgain({ DATABASE_URL: inject('controlUrl'), TENANTRY_DATA: unused })
  expect(own.output()).not.toContain('Demo fleet')
  expect(existsSync(unused)).toBe(false)
  expect(await end(own.child, 'SIGINT')).toBe(0)
})

it('a database of one’s own without a secret is refused with the remedy', async () => {
  await expect(startAgain({ DATABASE_URL: inject('controlUrl'), TENANTRY_SECRET: '' })).rejects.toThrow(/TENANTRY_SECRET is not set.+openssl rand/)
})

it('a variable that makes no sense is refused by name', async () => {
  await expect(startAgain({ PORT: 'eighty' })).rejects.toThrow('PORT is “eighty”; right would be: a whole number from 1 to 65535.')
})
