/** `next build`, once for each state of the sources. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { childEnvironment } from '../../lib/env.ts'
import { projectRoot } from '../../lib/root.ts'

const sources = ['app', 'components', 'lib', 'public', 'next.config.ts', 'package-lock.json', 'postcss.config.mjs', 'proxy.ts', 'tsconfig.json']
const mark = join(projectRoot, '.next', 'tenantry-sources')

const filesUnder = (path: string): readonly string[] => {
  if (!existsSync(join(projectRoot, path))) return []
  const entries = readdirSync(join(projectRoot, path), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

const isFolder = (name: string): boolean => !name.includes('.')

const digest = (): string => {
  const hash = createHash('sha256')
  const files = sources.flatMap((name) => (isFolder(name) ? filesUnder(name) : existsSync(join(projectRoot, name)) ? [join(projectRoot, name)] : []))
  for (const file of files.toSorted()) hash.update(file.slice(projectRoot.length)).update('\0').update(readFileSync(file)).update('\0')
  return hash.digest('hex')
}

/** Whether `.next` was built from the sources as they are. */
export const isBuilt = (): boolean => existsSync(mark) && readFileSync(mark, 'utf8') === digest()

/** Builds, unless `signal` says stop first. Throws with the end of the build's output when it fails. */
export const build = async (signal?: AbortSignal): Promise<void> => {
  const wanted = digest()
  const next = createRequire(import.meta.url).resolve('next/dist/bin/next')
  const child = spawn(process.execPath, [next, 'build'], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    env: childEnvironment({ NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' }),
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`The console could not be built:\n${output.slice(-4000)}`)
  writeFileSync(mark, wanted)
}
