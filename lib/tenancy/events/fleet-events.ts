import type { FleetEvent } from '../contract/events.ts'
import type { RunSummary } from '../contract/views.ts'
import type { Library } from '../context.ts'
import type { Ears, Heard } from '../control/notify.ts'
import { openRuns } from '../runs/summaries.ts'
import { createThrottle } from './throttle.ts'

/** Counting the items of all open runs is dearer than one run's changes, and the fleet's page needs it less often. */
const readIntervalMs = 1_000

type Topic = FleetEvent['changed'][number]
const everything: readonly Topic[] = ['observations', 'tenants', 'sets', 'databases', 'runs']

const topicsOf = (message: Heard): readonly Topic[] => {
  if (message.topic === 'reconnected') return everything
  // A run's progress shows in `activeRuns`; the lists of runs change only when it begins or ends.
  return message.topic === 'run' || message.topic === 'soon' ? [] : [message.topic]
}

export type FleetEvents = {
  /** First calls back with the open runs as they are. A reader that was away reads again what it shows. */
  subscribe(listener: (event: FleetEvent) => void): Promise<() => void>
}

/** One reader a process, whoever looks; it stops when nobody does. */
export const createFleetEvents = (library: Library, ears: Ears): FleetEvents => {
  const listeners = new Set<(event: FleetEvent) => void>()
  const changed = new Set<Topic>()
  // Only ever grows, also over restarts, so that a reader's last one is never ahead.
  let revision = library.clock().getTime()
  let unhear: Promise<() => void> | null = null

  const eventOf = (activeRuns: readonly RunSummary[], topics: readonly Topic[]): FleetEvent => ({
    revision,
    activeRuns,
    changed: topics,
    at: library.clock().toISOString(),
  })

  const tell = async (): Promise<void> => {
    const topics = [...changed]
    changed.clear()
    try {
      const activeRuns = await openRuns(library.control.db)
      revision += 1
      const event = eventOf(activeRuns, topics)
      for (const listener of listeners) listener(event)
    } catch (error) {
      library.logger.warn({ error }, 'fleet.events_unread')
      for (const topic of topics) changed.add(topic)
    }
  }

  let throttle = createThrottle(readIntervalMs, tell)

  const start = (): Promise<() => void> => {
    throttle = createThrottle(readIntervalMs, tell)
    return ears.subscribe((message) => {
      for (const topic of topicsOf(message)) changed.add(topic)
      throttle.ask()
    })
  }

  let interested = 0
  const leave = (): void => {
    interested -= 1
    if (interested > 0 || unhear === null) return
    throttle.stop()
    changed.clear()
    void unhear.then((stop) => stop())
    unhear = null
  }

  return {
    async subscribe(listener) {
      interested += 1
      try {
        unhear ??= start()
        await unhear
        // Before the first read: what changes while it is on its way is told too.
        listeners.add(listener)
        listener(eventOf(await openRuns(library.control.db), []))
      } catch (error) {
        listeners.delete(listener)
        leave()
        throw error
      }
      return () => {
        if (listeners.delete(listener)) leave()
      }
    },
  }
}
