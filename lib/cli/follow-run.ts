import { runDocument } from './documents.ts'
import { exitCodes } from './failure.ts'
import { describeRun, exitCodeOfRun, readRun } from './run-report.ts'
import type { Session } from './session.ts'
import { standsStill, waitForRun } from './wait-for-run.ts'

export type FollowOptions = {
  /** Leave the run to workers and return at once. */
  readonly isDetached?: boolean
  /** Take part in the work while waiting. */
  readonly isWorking: boolean
}

/** A worker's last sign of life counts for a minute, our own among them; so what is said is what will be, not who. */
const noteDetached = async ({ tenancy, output }: Session, run: number): Promise<void> => {
  const { workers } = await tenancy.fleet.overview()
  output.note(
    workers > 0
      ? `Run ${run} goes on without this terminal; tenantry runs watch ${run} follows it.`
      : `Run ${run} keeps its place, and nothing is lost: tenantry runs watch ${run} --work goes on with it, and so does any worker.`,
  )
}

/** Waits for a run that was just started or is being watched, prints how it stands then, and returns the exit code. */
export const followRun = async (session: Session, run: number, options: FollowOptions): Promise<number> => {
  const end = options.isDetached ? 'left' : await waitForRun(session, run, options.isWorking)
  const document = await readRun(session, run)
  session.output.result(runDocument, { run: document }, () => describeRun(document))
  if (end === 'detached' && !standsStill(document.state)) {
    await noteDetached(session, run)
    return exitCodes.interrupted
  }
  return end === 'left' ? exitCodes.well : exitCodeOfRun(document)
}
