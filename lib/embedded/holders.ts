/**
 * Several processes may use one embedded server: the console, a worker, the command line. Each leaves a file with its process id while it does;
 * the last to go stops the server. Files of processes that died are swept, so a crash holds nothing.
 */
import { mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readIfThere, removeFile } from './files.ts'
import { birthOf, isAlive, waitUntil } from './processes.ts'

const signature = (pid: number): string => `${pid} ${birthOf(pid)}`

const isCurrent = (text: string): boolean => {
  const pid = Number.parseInt(text, 10)
  return Number.isInteger(pid) && isAlive(pid) && text.trim() === signature(pid).trim()
}

const foldOf = (dataDir: string): string => join(dataDir, 'in-use')

export const hold = (dataDir: string): void => {
  const folder = foldOf(dataDir)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, String(process.pid)), signature(process.pid))
}

export const letGo = (dataDir: string): void => removeFile(join(foldOf(dataDir), String(process.pid)))

/** Process ids of the living others that use the server. */
export const otherHolders = (dataDir: string): readonly number[] => {
  const folder = foldOf(dataDir)
  mkdirSync(folder, { recursive: true })
  const living: number[] = []
  for (const name of readdirSync(folder)) {
    if (name === String(process.pid)) continue
    const text = readIfThere(join(folder, name))
    if (text !== null && isCurrent(text)) living.push(Number(name))
    else removeFile(join(folder, name))
  }
  return living
}

const lockLimitMs = 90_000

/**
 * Does `work` while no other process starts or stops the same server. A lock left by a dead process is taken over.
 * Throws when a living one keeps it for a minute and a half.
 */
export const alone = async <T>(dataDir: string, work: () => Promise<T>): Promise<T> => {
  const file = join(dataDir, 'lock')
  const got = await waitUntil(lockLimitMs, () => tryLock(file))
  if (!got)
    throw new Error(
      `Another process (${readIfThere(file)?.split(' ')[0] ?? 'unknown'}) has been starting the embedded PostgreSQL for too long. Stop it and try again.`,
    )
  try {
    return await work()
  } finally {
    removeFile(file)
  }
}

const tryLock = (file: string): boolean => {
  try {
    writeFileSync(file, signature(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const owner = readIfThere(file)
  if (owner !== null && !isCurrent(owner) && (owner !== '' || isOld(file))) takeAway(file, owner)
  return false
}

/** An empty lock is one being written right now, unless it has been so for seconds. */
const isOld = (file: string): boolean => {
  const made = statSync(file, { throwIfNoEntry: false })
  return made !== undefined && Date.now() - made.mtimeMs > 5_000
}

/** Moves a dead process's lock aside; by rename, so that of two that find it only one succeeds, and a fresh lock is put back. */
const takeAway = (file: string, expected: string): void => {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  if (readIfThere(aside) !== expected) renameSync(aside, file)
  else removeFile(aside)
}
