/** Fleets that stay in a folder from one invocation to the next, one folder a size: one of ten thousand targets takes minutes to build. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { readIfThere, readState } from '../../lib/embedded/files.ts'
import { findRunning } from '../../lib/embedded/postmaster.ts'
import { builtVersion, fleetMigrations } from './fleet-set.ts'

export type KeptFleet = {
  readonly dir: string
  /** False: it is to be built there. */
  readonly isBuilt: boolean
  /** It is whole from now on. */
  keep(): void
}

const markSchema = z.object({ what: z.literal('a fleet of Tenantry’s bench'), size: z.number(), migrations: z.string(), isBuilt: z.boolean() })

const markFile = 'bench-fleet.json'
/** Of what is in the fleet when it is kept. */
const migrations = createHash('sha256')
  .update(JSON.stringify(fleetMigrations.filter(({ version }) => version <= builtVersion)))
  .digest('hex')

const readMark = (dir: string): z.output<typeof markSchema> | null => {
  try {
    return markSchema.parse(JSON.parse(readIfThere(join(dir, markFile)) ?? 'null'))
  } catch {
    return null
  }
}

/** @throws with a sentence that names the folder, when anything else is there, or a server runs on it */
export const openKept = (folder: string, size: number): KeptFleet => {
  const dir = join(resolve(folder), String(size))
  const refuse = (why: string): Error => new Error(`--keep: ${dir} ${why}`)
  const write = (isBuilt: boolean): void =>
    writeFileSync(join(dir, markFile), `${JSON.stringify({ what: 'a fleet of Tenantry’s bench', size, migrations, isBuilt })}\n`)
  const keep = (): void => write(true)
  if (!existsSync(dir) || readdirSync(dir).length === 0) {
    mkdirSync(dir, { recursive: true, mode: 0o755 })
    write(false)
    return { dir, isBuilt: false, keep }
  }
  const mark = readMark(dir)
  if (!mark) throw refuse('holds something else than a fleet of the bench. Name another folder.')
  const state = readState(dir)
  const running = state && findRunning(state.cluster)
  if (running) throw refuse(`is in use: a PostgreSQL server runs there, process ${running.pid}. Wait for its end, or stop it.`)
  if (!mark.isBuilt) throw refuse('holds a fleet whose building was interrupted. Remove the folder; it will be built anew.')
  if (mark.size !== size) throw refuse(`holds a fleet of ${mark.size} targets.`)
  if (mark.migrations !== migrations) throw refuse('holds a fleet of other migrations. Remove the folder; it will be built anew.')
  return { dir, isBuilt: true, keep }
}
