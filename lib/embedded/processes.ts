/** What is known of a process by its id, without help from programs that a small machine may lack. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
  return !isZombie(pid)
}

/** A process that ended while nobody waited for it still answers to signal 0. In containers without an init that is the common case. */
const isZombie = (pid: number): boolean => {
  if (process.platform !== 'linux') return false
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}

/** The command line of a process, its arguments parted by spaces; empty when there is none or we may not look. */
export const commandOf = (pid: number): string => {
  try {
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      : execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}

/** Something that tells a process from a later one with the same id: the time it began. */
export const birthOf = (pid: number): string => {
  try {
    if (process.platform !== 'linux') return execFileSync('ps', ['-p', String(pid), '-o', 'lstart='], { encoding: 'utf8' }).trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

/** Waits until `isDone` says yes; false when that took longer than `limitMs`. */
export const waitUntil = async (limitMs: number, isDone: () => boolean | Promise<boolean>): Promise<boolean> => {
  const end = Date.now() + limitMs
  for (;;) {
    if (await isDone()) return true
    if (Date.now() >= end) return false
    await sleep(25)
  }
}
