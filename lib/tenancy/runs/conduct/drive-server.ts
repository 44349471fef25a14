/** One conductor after another for a server, under one lease, for as long as there is work: each lives as long as its fence. */
import { unseal } from '../../control/seal.ts'
import { attemptError } from '../../migrations/attempt-error.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { classify, codeOf } from '../../sql/sqlstate.ts'
import { connectionsWanted, openRuns, readServer, type ServerFacts } from './adopt.ts'
import { Conductor } from './conductor.ts'
import { failUnreachable } from './fail-unreachable.ts'
import { beat, LeaseLost, openFence, releaseLease, takeLease, type Lease } from './lease.ts'
import type { ConductOptions } from './options.ts'

const retryMs = 1_000
/** Connections that are made before the items are known; slots beyond wait for them. */
const mostAhead = 16

/** The control plane may be away, together with its server or alone: then it is waited for, and in the end the lease tells whether this conductor still counts. */
const whenAnswered = async <T>({ library, signal, serverId }: ConductOptions, ask: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (signal.aborted || classify(codeOf(error)) !== 'connection') throw error
      library.logger.warn({ server: serverId, code: codeOf(error) }, 'conductor.control_away')
      await new Promise((resolve) => setTimeout(resolve, retryMs))
    }
  }
}

/** Any database of the server will do: one that refuses must not hold up the others. */
const tryFence = async ({ library }: ConductOptions, server: ServerFacts, lease: Lease): Promise<FleetConnection | { readonly gone: unknown }> => {
  let gone: unknown = new Error('the server has no database')
  for (const { sealed, name } of server.databases) {
    // A secret that opens nothing is this process's trouble, not the server's.
    const url = unseal(library.secret, sealed)
    try {
      return await openFence(url, lease)
    } catch (error) {
      if (error instanceof LeaseLost) throw error
      library.logger.warn({ server: server.name, database: name, code: codeOf(error) }, 'conductor.fence_refused')
      gone = error
    }
  }
  return { gone }
}

type Found = { readonly server: ServerFacts; readonly fence: FleetConnection | { readonly gone: unknown } }

/** Waits for the server, saying so, for as long as a run waits; null: there is no such server any more, or no run that waits. An address that is corrected meanwhile counts. */
const waitForFence = async (options: ConductOptions, lease: Lease): Promise<Found | null> => {
  const { library, limits, signal, serverId } = options
  const { db } = library.control
  let deadline = Date.now() + limits.unreachableMs
  for (;;) {
    const asked = Date.now()
    const server = await whenAnswered(options, () => readServer(db, serverId))
    // The server was not tried meanwhile.
    deadline += Date.now() - asked
    if (!server || server.databases.length === 0) return null
    const fence = await tryFence(options, server, lease)
    if (!('gone' in fence) || signal.aborted) return { server, fence }
    // One that was announced and never came must not use up the time of the next one.
    if ((await whenAnswered(options, () => openRuns(db, serverId))).length === 0) return null
    if (Date.now() > deadline) return { server, fence }
    await whenAnswered(options, () => beat(db, lease, { waitingFor: `the server: ${codeOf(fence.gone)}`, pace: null }))
    await new Promise((resolve) => setTimeout(resolve, retryMs))
  }
}

const drive = async (options: ConductOptions, lease: Lease): Promise<void> => {
  const { library, worker, signal } = options
  for (;;) {
    // Asked while the fence is being put up; it saves time and no more, so that it may fail.
    const wanted = connectionsWanted(library.control.db, lease.serverId, mostAhead).then(
      (ofRuns) => (ofRuns.length > 0 ? ofRuns : options.ahead.slice(0, mostAhead)),
      () => [],
    )
    const found = await waitForFence(options, lease)
    if (!found) return
    const { server, fence } = found
    if ('gone' in fence) {
      if (!signal.aborted) await whenAnswered(options, () => failUnreachable(library, { lease, worker, server: server.name, error: attemptError(fence.gone) }))
      return
    }
    try {
      if ((await new Conductor(options, server, lease, fence, await wanted).drive()) !== 'fence_lost') return
      await whenAnswered(options, () => beat(library.control.db, lease, { waitingFor: 'the server: connection lost', pace: null }))
    } finally {
      await fence.close()
    }
  }
}

/**
 * Drives a server until it has no more open items, or the signal aborts.
 * @throws LeaseLost when another conductor took over; secret.wrong; the control database's errors
 */
export const conduct = async (options: ConductOptions): Promise<void> => {
  const { library, serverId, worker } = options
  const { db } = library.control
  const lease = await takeLease(db, serverId, worker)
  library.logger.info({ server: serverId, epoch: lease.epoch, worker }, 'conductor.started')
  try {
    await drive(options, lease)
  } finally {
    await releaseLease(db, lease).catch(() => {})
    library.logger.info({ server: serverId, epoch: lease.epoch, worker }, 'conductor.ended')
  }
}
