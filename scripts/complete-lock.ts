/**
 * Adds the optional packages of other platforms to package-lock.json. A registry that does not carry them makes npm leave them out, and `npm ci` then refuses the
 * file anywhere. They are never fetched where `os` and `cpu` do not fit.
 */
import { readFileSync, writeFileSync } from 'node:fs'

type Entry = { version?: string; optionalDependencies?: Record<string, string>; [key: string]: unknown }
type Lock = { packages: Record<string, Entry> }

const systems = ['darwin', 'linux', 'win32', 'freebsd', 'openbsd', 'netbsd', 'sunos', 'aix', 'android', 'openharmony']
const processors = ['arm64', 'x64', 'ia32', 'arm', 'riscv64', 's390x', 'ppc64', 'loong64', 'mips64el', 'wasm32']

/** Platform packages carry their platform in their name; anything else is left to npm. */
const platformOf = (name: string): Partial<Record<'os' | 'cpu', string[]>> | null => {
  const words = (name.split('/').at(-1) ?? '').split(/[-_.]/)
  const cpu = processors.filter((processor) => words.some((word) => word === processor || (processor === 'arm' && word.startsWith('arm') && word !== 'arm64')))
  const os = systems.filter((system) => words.includes(system))
  if (cpu.includes('wasm32')) return { cpu: ['wasm32'] }
  return os.length > 0 && cpu.length > 0 ? { os, cpu } : os.length > 0 ? { os } : null
}

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock
const added: string[] = []
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const nested = `${path}/node_modules/${name}`
    const top = `node_modules/${name}`
    if (lock.packages[nested] || lock.packages[top]?.version === version) continue
    const platform = platformOf(name)
    if (!platform || !/^\d+\.\d+\.\d+/.test(version)) continue
    const at = lock.packages[top] ? nested : top
    lock.packages[at] = { version, ...platform, ...(dev === true ? { dev: true } : {}), optional: true }
    added.push(at)
  }
}
const sorted = Object.fromEntries(Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
writeFileSync(file, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`)
process.stdout.write(`${added.length} optional packages of other platforms added\n`)
