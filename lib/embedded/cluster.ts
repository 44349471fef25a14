import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Owner } from './binaries.ts'

const run = promisify(execFile)

/** Gives a folder to PostgreSQL's account; ours it is already. */
const give = async (path: string, owner: Owner): Promise<void> => {
  if (owner.uid !== undefined && owner.gid !== undefined) await chown(path, owner.uid, owner.gid)
}

export type ClusterPlan = {
  readonly initdb: string
  readonly cluster: string
  readonly owner: Owner
  readonly password: string
  /** Whether the new files are flushed to disk, which only a throw-away server can do without. */
  readonly isDurable: boolean
}

/**
 * Makes the data directory unless it is there: UTF-8, byte order, passwords by SCRAM only. It is made beside its place and moved there when whole, so that
 * an interrupted first start leaves nothing that looks like a cluster.
 */
export const makeCluster = async (plan: ClusterPlan): Promise<void> => {
  if (existsSync(join(plan.cluster, 'PG_VERSION'))) return
  const half = `${plan.cluster}.half`
  await rm(half, { recursive: true, force: true })
  await mkdir(dirname(plan.cluster), { recursive: true, mode: 0o755 })
  await mkdir(half, { mode: 0o700 })
  await give(half, plan.owner)
  const passing = await mkdtemp(join(tmpdir(), 'tenantry-'))
  const passwordFile = join(passing, 'password')
  try {
    await writeFile(passwordFile, `${plan.password}\n`, { mode: 0o600 })
    await give(passwordFile, plan.owner)
    await give(passing, plan.owner)
    await run(
      plan.initdb,
      [
        `--pgdata=${half}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        ...(plan.isDurable ? [] : ['--no-sync']),
      ],
      { ...plan.owner, cwd: half, env: { LC_ALL: 'C', PATH: '/usr/bin:/bin', NODE_ENV: 'production' } },
    )
  } finally {
    await rm(passing, { recursive: true, force: true })
  }
  await rm(plan.cluster, { recursive: true, force: true })
  await rename(half, plan.cluster)
}
