/**
 * `npm test`: every check and every test, their output as it comes, and one last line `N passed, N failed`. `npm run test:breaking`: the long half of breaking
 * things, which is no part of it.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childEnvironment } from '../lib/env.ts'
import { projectRoot } from '../lib/root.ts'
import { build, isBuilt } from './start/build.ts'
import { readCounts } from './test/counts.ts'
import type { Counts } from './test/counts.ts'

const results = mkdtempSync(join(tmpdir(), 'tenantry-results-'))
const bin = (name: string): string => join(projectRoot, 'node_modules', '.bin', name)

/** What the machine or a `.env` says must not change what is tested. */
const neutral = childEnvironment({
  DATABASE_URL: '',
  TENANTRY_SECRET: '',
  TENANTRY_URL: '',
  TENANTRY_WORKER: '',
  TENANTRY_DATA: '',
  PORT: '',
  LOG_LEVEL: '',
  NEXT_TELEMETRY_DISABLED: '1',
  // Hundreds of processes read the same modules.
  NODE_COMPILE_CACHE: join(projectRoot, 'node_modules', '.cache', 'tenantry'),
  TZ: 'UTC',
})

type Finished = { readonly code: number | null; readonly output: string }

const isBreaking = process.argv[2] === 'breaking'
/** Past it something hangs. */
const limitMs = (isBreaking ? 60 : 20) * 60_000

const run = (program: string, args: readonly string[], isLive: boolean, mode: 'test' | 'production'): Promise<Finished> =>
  new Promise((resolve) => {
    const child = spawn(bin(program), args, {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...neutral, NODE_ENV: mode },
      timeout: limitMs,
      killSignal: 'SIGKILL',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        if (isLive) process.stdout.write(chunk)
        else output += chunk.toString()
      })
    }
    child.once('error', (error) => resolve({ code: null, output: error.message }))
    child.once('close', (code) => resolve({ code, output }))
  })

type Step = () => Promise<Counts>

const heading = (name: string, isPassed: boolean, beganMs: number): void => {
  process.stdout.write(`${isPassed ? '✓' : '✗'} ${name}  ${((Date.now() - beganMs) / 1000).toFixed(1)} s\n`)
}

/** A check that is one test: it passes when the program says so. Its output is shown when it does not. */
const check =
  (name: string, program: string, args: readonly string[]): Step =>
  async () => {
    const began = Date.now()
    const { code, output } = await run(program, args, false, 'test')
    heading(name, code === 0, began)
    if (code !== 0) process.stdout.write(`${output}\n`)
    return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
  }

/** Tests of some vitest projects, counted one by one. */
const tests =
  (name: string, projects: readonly string[]): Step =>
  async () => {
    const began = Date.now()
    const file = join(results, `${name}.json`)
    const chosen = projects.flatMap((project) => ['--project', project])
    const { code } = await run('vitest', ['run', ...chosen, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`], true, 'test')
    const counts = readCounts(file, code === 0)
    heading(`${name} tests`, counts.failed === 0, began)
    return counts
  }

const buildOnce: Step = async () => {
  const began = Date.now()
  try {
    if (!isBuilt()) await build()
    heading('build', true, began)
    return { passed: 1, failed: 0 }
  } catch (error) {
    heading('build', false, began)
    process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return { passed: 0, failed: 1 }
  }
}

type Stages = ReadonlyArray<ReadonlyArray<readonly Step[]>>

/** Two cores, two lanes: a browser waits more than it works, and beside it there is room for the rest. */
const usual: Stages = [
  [
    [
      check('lint', 'oxlint', ['--deny-warnings']),
      check('format', 'oxfmt', ['--check', '.']),
      check('unused code', 'knip', []),
      tests('unit', ['unit']),
      tests('integration', ['edges15', 'integration15', 'integration18']),
    ],
    // Types after the build, which writes those of the routes; only browsers need what is built.
    [buildOnce, check('types', 'tsc', ['--noEmit']), tests('e2e', ['e2e'])],
  ],
]
/** Its web processes are built first, so that none of them has to be. */
const breaking: Stages = [[[buildOnce]], [[tests('breaking', ['breaking'])]]]

const total = { passed: 0, failed: 0 }
const runLane = async (lane: readonly Step[]): Promise<void> => {
  for (const step of lane) {
    const { passed, failed } = await step()
    total.passed += passed
    total.failed += failed
  }
}

try {
  for (const stage of isBreaking ? breaking : usual) await Promise.all(stage.map(runLane))
} catch (error) {
  total.failed += 1
  process.stdout.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
} finally {
  rmSync(results, { recursive: true, force: true })
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`)
process.exitCode = total.failed === 0 ? 0 : 1
