/** The control plane's own structure as it was last compared: kept for a while, for a comparison replays its migrations, and probes come every few seconds. */
import type { ControlDrift } from '../contract/drift.ts'
import type { ReadinessState } from '../contract/on-call.ts'
import type { Logger } from '../context.ts'
import { codeOf } from '../sql/sqlstate.ts'

const keepMs = 600_000
/** What keeps a process from being ready is looked at again soon: it may have been mended. */
const keepBrokenMs = 15_000

/** Of a finding as kept, whether something cannot be worked without. */
const isTableGone = ({ findings }: ControlDrift): boolean => findings.some(({ kind, object }) => kind === 'missing' && object.kind === 'table')

export const structureState = (drift: ControlDrift | null): ReadinessState['structure'] => {
  if (drift === null || drift.state === 'unknown') return 'unknown'
  if (drift.state === 'norm') return 'ok'
  return isTableGone(drift) ? 'incomplete' : 'differs'
}

export type ControlStructure = {
  /** What is known, at once; has it compared anew where that is old. */
  latest(): ControlDrift | null
  /** Not older than that. @throws the control database's errors */
  read(): Promise<ControlDrift>
  /** Resolves when nothing is being compared any more. */
  settled(): Promise<void>
}

export const createControlStructure = (compare: () => Promise<ControlDrift>, logger: Logger): ControlStructure => {
  let known: ControlDrift | null = null
  let freshUntil = 0
  let comparing: Promise<ControlDrift> | null = null

  const compareNow = async (): Promise<ControlDrift> => {
    try {
      known = await compare()
      freshUntil = performance.now() + (structureState(known) === 'incomplete' ? keepBrokenMs : keepMs)
      return known
    } catch (error) {
      known = null
      freshUntil = performance.now() + keepBrokenMs
      logger.warn({ code: codeOf(error) }, 'control.not_compared')
      throw error
    } finally {
      comparing = null
    }
  }
  const read = (): Promise<ControlDrift> => {
    if (known !== null && performance.now() < freshUntil) return Promise.resolve(known)
    return (comparing ??= compareNow())
  }
  return {
    read,
    latest: () => {
      if (performance.now() >= freshUntil) read().catch(() => {})
      return known
    },
    settled: async () => {
      await comparing?.catch(() => {})
    },
  }
}
