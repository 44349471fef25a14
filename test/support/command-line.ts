/** `npx tenantry …` as a pipeline calls it: its two streams and its exit code. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach } from 'vitest'
import type { z } from 'zod'
import { runLine } from '../../lib/cli/run-line.ts'
import { childEnvironment } from '../../lib/env.ts'
import { projectRoot } from '../../lib/root.ts'
import { testSecret } from './template.ts'

export type Ended = {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** stdout as the one document that it must be; throws when it is not exactly that. */
  readonly document: <Schema extends z.ZodType>(schema: Schema) => z.output<Schema>
}

export type CommandLine = {
  /** Runs a command to its end, in this very process where nothing but the control database is given. `input` is its standard input. */
  run(words: readonly string[], input?: string): Promise<Ended>
  /** Starts a command as a process of its own, and leaves it running. */
  start(words: readonly string[]): Started
}

export type Started = { readonly child: ChildProcess; readonly ended: Promise<Ended> }

const endedWith = (code: number | null, stdout: string, stderr: string): Ended => ({
  code,
  stdout,
  stderr,
  document: (schema) => schema.parse(JSON.parse(stdout)),
})

const nothing = async (): Promise<void> => undefined

const runHere = async (controlUrl: string, words: readonly string[], input: string): Promise<Ended> => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const read = Promise.all([text(stdout), text(stderr)])
  const connect = async () => ({ controlUrl, secret: testSecret, isEmbedded: false, settle: nothing, close: nothing })
  const code = await runLine(words, { stdin: Readable.from([input]), stdout, stderr, connect })
  stdout.end()
  stderr.end()
  return endedWith(code, ...(await read))
}

const endedFrom = (child: ChildProcess): Promise<Ended> =>
  new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => resolve(endedWith(code, stdout, stderr)))
  })

/** The command line on a control database; `variables` win over the usual environment, for which it takes a process. */
export const commandLine = (controlUrl: string, variables?: Readonly<Record<string, string>>): CommandLine => {
  const start: CommandLine['start'] = (words) => {
    const child = spawn(process.execPath, [join(projectRoot, 'bin', 'tenantry.mjs'), ...words], {
      cwd: tmpdir(),
      stdio: ['pipe', 'pipe', 'pipe'],
      env: childEnvironment({
        DATABASE_URL: controlUrl,
        TENANTRY_SECRET: testSecret,
        TENANTRY_URL: 'https://console.example.com',
        PORT: '',
        LOG_LEVEL: '',
        NODE_ENV: '',
        npm_lifecycle_event: '',
        ...variables,
      }),
    })
    return { child, ended: endedFrom(child) }
  }
  return {
    start,
    run: (words, input = '') => {
      if (variables === undefined) return runHere(controlUrl, words, input)
      const { child, ended } = start(words)
      child.stdin?.end(input)
      return ended
    },
  }
}

/** For the top of a test file: what it is given is told to end after each test, and waited for. */
export const useStarted = (): ((started: Started) => Started) => {
  const running = new Set<Started>()
  afterEach(async () => {
    for (const { child, ended } of running) {
      // The program that was started is the child of another, which passes on what it can.
      child.kill('SIGTERM')
      await ended
    }
    running.clear()
  })
  return (started) => {
    running.add(started)
    return started
  }
}

/** Folders of migration files for the test file that calls this, at its top; removed afterwards. */
export const useSetFolders = (): ((files: Readonly<Record<string, string>>) => string) => {
  const made: string[] = []
  afterAll(() => {
    for (const folder of made) rmSync(folder, { recursive: true, force: true })
  })
  return (files) => {
    const folder = mkdtempSync(join(tmpdir(), 'tenantry-set-'))
    made.push(folder)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return folder
  }
}
