/** One look at a server at a time: beside the conductor's lanes the budget has room for one more connection. First in this process, in order; then among all. */
import type { Library } from '../context.ts'
import { isTurnWished, takeTurn } from './server-turn.ts'

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

const within = async (turn: Promise<void>, waitMs: number, signal: AbortSignal | undefined): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  let giveUp = (): void => {}
  const late = new Promise<never>((_, reject) => {
    giveUp = () => reject(new ServerBusy('gave up waiting for another look at the server'))
    if (Number.isFinite(waitMs)) timer = setTimeout(() => reject(new ServerBusy(`waited ${waitMs} ms for another look at the server`)), waitMs)
    signal?.addEventListener('abort', giveUp)
    if (signal?.aborted) giveUp()
  })
  try {
    await Promise.race([turn, late])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}

/** What a look may do with its turn. */
export type Turn = {
  /**
   * For between two questions of a long look: lets those go first who cannot wait.
   * @param leave closes the connection that the turn is for
   * @throws ServerBusy when the turn does not come back; the control database's errors
   */
  makeWay(leave: () => Promise<void>): Promise<void>
}
type Look<Seen> = (turn: Turn) => Promise<Seen>

const wishEveryMs = 100

const inTurn = async <Seen>(
  library: Library,
  key: string,
  look: Look<Seen>,
  waitMs: number,
  deadline: number,
  isFirst: boolean,
  signal?: AbortSignal,
): Promise<Seen> => {
  const take = async (until: number) => {
    const giveUp = await takeTurn(library, key, until, isFirst, signal)
    if (giveUp === null) throw new ServerBusy(`waited ${waitMs} ms for another look at the server`)
    return giveUp
  }
  let giveUp = await take(deadline)
  let askedAt = performance.now()
  const makeWay = async (leave: () => Promise<void>): Promise<void> => {
    if (performance.now() - askedAt < wishEveryMs) return
    if (await isTurnWished(library, key)) {
      await leave()
      await giveUp()
      giveUp = await take(performance.now() + waitMs)
    }
    askedAt = performance.now()
  }
  try {
    return await look({ makeWay })
  } finally {
    await giveUp()
  }
}

/** Before all that wait, here and in other processes: for what is asked because something is stuck. @throws ServerBusy */
export const firstAtServer = <Seen>(library: Library, server: number | string, look: Look<Seen>, waitMs: number): Promise<Seen> =>
  inTurn(library, String(server), look, waitMs, performance.now() + waitMs, true)

/**
 * Looks when those that asked before have ended, here and in other processes.
 * @param waitMs bound on the wait; absent: as long as it takes, for every look is bounded itself
 * @param signal gives the wait up
 * @throws ServerBusy
 */
export const atServer = async <Seen>(
  library: Library,
  server: number | string,
  look: Look<Seen>,
  waitMs = Number.POSITIVE_INFINITY,
  signal?: AbortSignal,
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
    await (Number.isFinite(waitMs) || signal ? within(before, waitMs, signal) : before)
    return await inTurn(library, String(server), look, waitMs, deadline, false, signal)
  } finally {
    leave()
    if (gates.get(server) === after) void after.then(() => gates.get(server) === after && gates.delete(server))
  }
}
