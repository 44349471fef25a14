/** One look at a server at a time: beside the conductor's lanes the budget has room for one more connection. First in this process, in order; then among all. */
import type { Library } from '../context.ts'
import { takeTurn } from './server-turn.ts'

/** By the server's id; or by an address, of which nobody knows yet whose it is. */
type Gates = Map<number | string, Promise<void>>
const gatesOf = new WeakMap<Library['control'], Gates>()

const gatesFor = ({ control }: Library): Gates => {
  const gates = gatesOf.get(control) ?? new Map<number, Promise<void>>()
  gatesOf.set(control, gates)
  return gates
}

/** Another look at the server took longer than this one could wait. */
export class ServerBusy extends Error {
  override readonly name = 'ServerBusy'
}

const within = async (turn: Promise<void>, waitMs: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ServerBusy(`waited ${waitMs} ms for another look at the server`)), waitMs)
  })
  try {
    await Promise.race([turn, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Looks when those that asked before have ended, here and in other processes.
 * @param waitMs bound on the wait; absent: as long as it takes, for every look is bounded itself
 * @throws ServerBusy
 */
export const atServer = async <Seen>(
  library: Library,
  server: number | string,
  look: () => Promise<Seen>,
  waitMs = Number.POSITIVE_INFINITY,
): Promise<Seen> => {
  const deadline = performance.now() + waitMs
  const gates = gatesFor(library)
  const before = gates.get(server) ?? Promise.resolve()
  let leave = (): void => {}
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })
  // Whoever gives up waiting leaves the others behind those that are still ahead.
  const after = before.then(() => left)
  gates.set(server, after)
  try {
    await (Number.isFinite(waitMs) ? within(before, waitMs) : before)
    const giveUp = await takeTurn(library, String(server), deadline)
    if (giveUp === null) throw new ServerBusy(`waited ${waitMs} ms for another look at the server`)
    try {
      return await look()
    } finally {
      await giveUp()
    }
  } finally {
    leave()
    if (gates.get(server) === after) void after.then(() => gates.get(server) === after && gates.delete(server))
  }
}
