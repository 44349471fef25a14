/** One conductor after another for a server, under one lease, for as long as there is work: each lives as long as its fence. */
import { attemptError } from '../../migrations/attempt-error.ts'
import type { FleetConnection } from '../../session/fleet-connection.ts'
import { classify, codeOf } from '../../sql/sqlstate.ts'
import { connectionsWanted, openRuns, readServer, type ServerFacts } from './adopt.ts'
import { Conductor } from './conductor.ts'
import { failUnreachable } from './fail-unreachable.ts'
import { Fence, tryFence } from './fence.ts'
import { beat, releaseLease, takeLease, type Lease } from './lease.ts'
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
    const { server, fence: first } = found
    if ('gone' in first) {
      if (!signal.aborted) await whenAnswered(options, () => failUnreachable(library, { lease, worker, server: server.name, error: attemptError(first.gone) }))
      return
    }
    const fence = new Fence(options, server, lease, first)
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
