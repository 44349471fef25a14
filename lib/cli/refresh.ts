import { exitCodes } from './failure.ts'
import type { Session } from './session.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs `look` with a signal that Ctrl-C gives; a second one ends the process at once. */
const untilStopped = async <Result>(look: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
  const stop = new AbortController()
  const listener = (): void => {
    if (stop.signal.aborted) process.exit(exitCodes.interrupted)
    stop.abort()
  }
  for (const signal of signals) process.on(signal, listener)
  try {
    return await look(stop.signal)
  } finally {
    for (const signal of signals) process.off(signal, listener)
  }
}

/** Looks in this process, whether or not a worker runs, and leaves the audit row that asking a worker would. @returns whether all was read, or that somebody stopped it */
export const refresh = async ({ tenancy, actor, output }: Session, tenant: string | undefined, structure: boolean): Promise<boolean | 'stopped'> => {
  const { targets, unreachable, unread, isCancelled } = await untilStopped((signal) =>
    tenancy.observation.now({ ...(tenant === undefined ? {} : { slugs: [tenant] }), structure }, signal),
  )
  await tenancy.audit.record({
    actor,
    action: 'targets.observe',
    subjectKind: 'fleet',
    subject: 'fleet',
    details: { tenants: tenant ?? 'all', targets, unreachable, ...(structure ? { structure } : {}), ...(isCancelled ? { stopped: true } : {}) },
  })
  if (isCancelled) {
    output.note('The look was stopped. What it had seen whole is kept; the rest is as it was last seen.')
    return 'stopped'
  }
  if (unreachable.length > 0) output.note(`Not reached, so shown as last seen: ${unreachable.join(', ')}`)
  for (const { database, problem } of unread) output.note(`Not read, so shown as last seen: ${database}. ${problem}`)
  return unreachable.length + unread.length === 0
}
