/** A process's part in the work, as those hold it who start and stop it. */
import type { WorkerPulse } from './on-call.ts'

export type StopOptions = {
  /** How long items that are on their way may take to finish; then they are ended, and rolled back. */
  readonly drainMs?: number
  /** Told how many there are, when there are any. */
  readonly onDrain?: (inHand: number, drainMs: number) => void
  /** Told how many had to be ended. */
  readonly onCut?: (inHand: number) => void
}

export type Worker = {
  readonly name: string
  /** Whether it has reached the control database of late. */
  readonly pulse: WorkerPulse
  /** Takes nothing new from now on. Resolves when nothing of it is left, within seconds; called again, with the same end. */
  stop(options?: StopOptions): Promise<void>
}
