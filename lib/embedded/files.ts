/** The files beside the embedded server's data: its password, the generated secret, and where it listens. Readable by their owner alone. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

export const readIfThere = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** Writes a whole file or none, readable by its owner alone. */
const writePrivate = (file: string, text: string): void => {
  const half = `${file}.${process.pid}`
  writeFileSync(half, text, { mode: 0o600 })
  renameSync(half, file)
}

const keep = (file: string, make: () => string): string => {
  const kept = readIfThere(file)?.trim()
  if (kept) return kept
  const made = make()
  writePrivate(file, `${made}\n`)
  return made
}

export const makeDataFolder = (dataDir: string): void => {
  mkdirSync(dataDir, { recursive: true, mode: 0o755 })
}

/** The superuser's password, made at the first call. */
export const keepPassword = (dataDir: string): string => keep(join(dataDir, 'postgres-password'), () => randomBytes(24).toString('base64url'))

/** The key for sessions and stored connection strings, made at the first call; for an embedded server without a TENANTRY_SECRET. */
export const keepSecret = (dataDir: string): string => {
  makeDataFolder(dataDir)
  return keep(join(dataDir, 'secret'), () => randomBytes(32).toString('base64url'))
}

const stateSchema = z.object({
  /** Where PostgreSQL's data lies; outside the data folder when its account cannot reach that. */
  cluster: z.string(),
  port: z.number(),
  /** Process id of PostgreSQL, or null once it was stopped. */
  pid: z.number().nullable(),
})

export type ServerState = z.output<typeof stateSchema>

const stateFile = (dataDir: string): string => join(dataDir, 'postgres.json')

/** What the last start wrote; null when there was none, or the file is torn. */
export const readState = (dataDir: string): ServerState | null => {
  const text = readIfThere(stateFile(dataDir))
  if (text === null) return null
  try {
    return stateSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}

export const writeState = (dataDir: string, state: ServerState): void => {
  writePrivate(stateFile(dataDir), `${JSON.stringify(state)}\n`)
}

export const removeFile = (file: string): void => rmSync(file, { force: true })

/** Name of the control database on the embedded server. */
export const controlDatabase = 'tenantry'

/** Connection string of a database on the embedded server. */
export const urlOf = (port: number, password: string, database: string): string =>
  `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`
