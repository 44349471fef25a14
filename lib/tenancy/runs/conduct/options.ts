import type { Library } from '../../context.ts'
import type { Hands } from './hands.ts'
import type { ConductLimits } from './limits.ts'

export type ConductOptions = {
  readonly library: Library
  readonly serverId: number
  /** Databases to connect to for a run that is being written, one mention a connection. */
  readonly ahead: readonly number[]
  readonly worker: string
  readonly limits: ConductLimits
  /** Aborts when the worker drains: running items finish, pending ones stay. */
  readonly signal: AbortSignal
  /** What is in hand, for whoever waits for it or ends it. */
  readonly hands: Hands
  /** Calls back when runs may have changed: started, paused, retried. Returns the way to stop. */
  readonly onChange: (hear: () => void) => () => void
}
