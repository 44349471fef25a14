/** Waiting for a run, and working on it in this very process meanwhile. */
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFinalRun } from '../tenancy/contract/index.ts'
import type { RunState, Tenancy } from '../tenancy/contract/index.ts'
import { isConnectionLoss, TenancyError } from '../tenancy/index.ts'
import { stopWords } from '../worker/stop-words.ts'
import { tellOtherRuns } from './other-runs.ts'
import { createProgress } from './progress.ts'
import type { Session } from './session.ts'

/** `settled`: the run is final or stands still. `detached`: somebody wants the terminal back. */
export type WaitEnd = 'settled' | 'detached'

/** Nothing more happens by itself. */
export const standsStill = (state: RunState): boolean => isFinalRun(state) || state === 'paused'

type Tell = () => Promise<void>

const lookAgainMs = 2_000
/** As long as a run waits for a server. */
const usualAwayMs = 120_000

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

/**
 * Looks now and then, which covers a stream that broke. A control database that is away for a while, as it is when it starts again, is waited for; throws
 * control.unreachable when it stays away for longer than `awayMs`.
 */
const watch = async ({ tenancy, output }: Session, run: number, tellOthers: Tell, awayMs: number, stopped: AbortSignal): Promise<void> => {
  let goneSince: number | null = null
  while (!stopped.aborted) {
    await sleep(lookAgainMs, undefined, { signal: stopped }).catch(() => undefined)
    if (stopped.aborted) return
    const asked = Date.now()
    try {
      const { state } = await tenancy.runs.get(run)
      if (goneSince !== null) output.note('The control database is back.')
      goneSince = null
      if (standsStill(state)) return
      await tellOthers()
    } catch (error) {
      if (!isConnectionLoss(error)) throw error
      if (goneSince === null) output.note(`The control database does not answer; waiting up to ${awayMs / 1000} s for it. The run keeps its place.`)
      goneSince ??= asked
      if (Date.now() - goneSince > awayMs)
        throw new TenancyError('control.unreachable', { problem: `no answer for ${awayMs / 1000} s; run ${run} keeps its place` }, error)
    }
  }
}

/** The stream says what happens as it happens. */
const follow = async (session: Session, run: number, tellOthers: Tell, awayMs: number): Promise<{ readonly settled: Promise<'settled'>; stop(): void }> => {
  const { tenancy, output } = session
  const progress = createProgress(run, output.isWatched)
  const { promise: settled, resolve, reject } = Promise.withResolvers<'settled'>()
  const stopStream = await tenancy.events.run(run, null, (event) => {
    progress.show(event)
    if (standsStill(event.state)) resolve('settled')
  })
  const stopped = new AbortController()
  watch(session, run, tellOthers, awayMs, stopped.signal).then(() => resolve('settled'), reject)
  return {
    settled,
    stop: () => {
      stopped.abort()
      stopStream()
      progress.end()
    },
  }
}

const readBackMs = 60_000
const readBackEveryMs = 100

/** What a run says of itself is read back right after it; a server that is away by then is not waited for. */
const untilReadBack = async ({ tenancy, output }: Session, run: number, asked: Promise<unknown>): Promise<void> => {
  const left = new AbortController()
  void asked.then(() => left.abort())
  const deadline = Date.now() + readBackMs
  while (!left.signal.aborted && Date.now() < deadline) {
    const { kind, state, verified } = await tenancy.runs.get(run)
    // A report has changed nothing that could be read back.
    if (kind === 'report' || verified !== null || !isFinalRun(state)) return
    await sleep(readBackEveryMs, undefined, { signal: left.signal }).catch(() => undefined)
  }
  if (!left.signal.aborted) output.note('Its targets have not been read back yet; tenantry runs show tells when they are.')
}

const startWork = (tenancy: Tenancy) => tenancy.startWorker({ name: `${hostname()}:${process.pid}:cli`, schedules: false })

/**
 * Waits until the run is final or paused, or a signal comes. With `isWorking` this process takes part in the work; running items get a few seconds to finish
 * before it resolves. Throws run.unknown, and control.unreachable when the control database is away for longer than `awayMs`.
 */
export const waitForRun = async (session: Session, run: number, isWorking: boolean, awayMs = usualAwayMs): Promise<WaitEnd> => {
  const signal = detachSignal()
  const tellOthers = isWorking ? tellOtherRuns(session, run) : () => Promise.resolve()
  await tellOthers()
  const followed = await follow(session, run, tellOthers, awayMs)
  // Before the first item of it could be lost by a signal, and after the listener is there.
  const worker = isWorking ? await startWork(session.tenancy) : null
  let whose = ''
  try {
    const end = await Promise.race([followed.settled, signal.asked])
    // What is in hand now is not of the run that was waited for.
    if (end === 'settled') whose = ' of other runs'
    if (end === 'settled' && isWorking) await untilReadBack(session, run, signal.asked)
    return end
  } finally {
    followed.stop()
    await worker?.stop(stopWords((line) => session.output.note(line), whose))
    signal.forget()
  }
}
