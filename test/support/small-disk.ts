/** A small file system of memory, where the machine lets this process mount one. */
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chooseOwner } from '../../lib/embedded/binaries.ts'
import { isAlive } from '../../lib/embedded/processes.ts'

export type SmallDisk = {
  readonly path: string
  /** Takes all space but so many bytes. */
  fill(butBytes: number): void
  free(): void
  unmount(): void
}

const prefix = 'tenantry-disk-'

const unmount = (path: string): void => {
  execFileSync('umount', ['--lazy', path], { stdio: 'ignore' })
  rmSync(path, { recursive: true, force: true })
}

/** What runs that were killed left mounted. */
const sweepDead = (): void => {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number.parseInt(name.slice(prefix.length), 10)
    if (name.startsWith(prefix) && Number.isInteger(pid) && !isAlive(pid)) unmount(join(tmpdir(), name))
  }
}

/** Gives a folder to PostgreSQL's account. */
export const giveToPostgres = async (path: string): Promise<void> => {
  const { uid, gid } = await chooseOwner()
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
}

/** @returns the disk, or why this machine has none */
export const mountSmallDisk = async (label: string, megabytes: number): Promise<SmallDisk | string> => {
  if (process.platform !== 'linux') return `this system (${process.platform}) has no tmpfs to mount`
  const path = join(tmpdir(), `${prefix}${process.pid}-${label}`)
  try {
    sweepDead()
    mkdirSync(path, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', path], { stdio: 'pipe' })
  } catch (error) {
    rmSync(path, { recursive: true, force: true })
    return `a tmpfs cannot be mounted here: ${error instanceof Error ? error.message.split('\n').join(' ') : String(error)}`
  }
  await giveToPostgres(path)
  chmodSync(path, 0o755)
  const filler = join(path, 'filler')
  return {
    path,
    fill: (butBytes) => {
      const { bavail, bsize } = statfsSync(path)
      try {
        writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - butBytes)), { flag: 'a' })
      } catch (error) {
        // The server took some of it meanwhile: all the fuller.
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
      }
    },
    free: () => rmSync(filler, { force: true }),
    unmount: () => unmount(path),
  }
}
