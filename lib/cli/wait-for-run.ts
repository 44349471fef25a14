/** Waiting for a run, and working on it in this very process meanwhile. */
import { hostname } from 'node:os'
import { isFinalRun } from '../tenancy/contract/index.ts'
import type { RunState, Tenancy } from '../tenancy/contract/index.ts'
import { createProgress } from './progress.ts'
import type { Session } from './session.ts'

/** `settled`: the run is final or stands still. `detached`: somebody wants the terminal back. */
export type WaitEnd = 'settled' | 'detached'

/** Nothing more happens by itself. */
export const standsStill = (state: RunState): boolean => isFinalRun(state) || state === 'paused'

const lookAgainMs = 2_000

/** Resolves with the first signal that asks this process to go; a second one ends it at once. */
const detachSignal = (): { readonly asked: Promise<'detached'>; forget(): void } => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  let listener = (): void => undefined
  const asked = new Promise<'detached'>((resolve) => {
    let isAsked = false
    listener = () => {
      if (isAsked) process.exit(130)
      isAsked = true
      resolve('detached')
    }
    for (const signal of signals) process.on(signal, listener)
  })
  return { asked, forget: () => signals.forEach((signal) => process.off(signal, listener)) }
}

/** The stream says what happens as it happens; looking now and then covers a stream that broke. */
const follow = async (session: Session, run: number): Promise<{ readonly settled: Promise<'settled'>; stop(): void }> => {
  const { tenancy, output } = session
  const progress = createProgress(run, output.isWatched)
  const { promise: settled, resolve, reject } = Promise.withResolvers<'settled'>()
  const stopStream = await tenancy.events.run(run, null, (event) => {
    progress.show(event)
    if (standsStill(event.state)) resolve('settled')
  })
  const timer = setInterval(() => {
    tenancy.runs.get(run).then(({ state }) => (standsStill(state) ? resolve('settled') : undefined), reject)
  }, lookAgainMs)
  return {
    settled,
    stop: () => {
      clearInterval(timer)
      stopStream()
      progress.end()
    },
  }
}

const startWork = (tenancy: Tenancy) => tenancy.startWorker({ name: `${hostname()}:${process.pid}:cli`, schedules: false })

/**
 * Waits until the run is final or paused, or a signal comes. With `isWorking` this process takes part in the work; running items are finished before it
 * resolves. Throws run.unknown.
 */
export const waitForRun = async (session: Session, run: number, isWorking: boolean): Promise<WaitEnd> => {
  const signal = detachSignal()
  const followed = await follow(session, run)
  // Before the first item of it could be lost by a signal, and after the listener is there.
  const worker = isWorking ? await startWork(session.tenancy) : null
  try {
    return await Promise.race([followed.settled, signal.asked])
  } finally {
    followed.stop()
    await worker?.stop()
    signal.forget()
  }
}
