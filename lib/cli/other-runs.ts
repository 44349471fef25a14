/** A process that works on a run drives its servers, and with them whatever other runs have there: whoever waits is told so when it begins. */
import { plural } from '../format.ts'
import type { RunState } from '../tenancy/contract/index.ts'
import type { Session } from './session.ts'

const underWay: RunState[] = ['queued', 'running', 'pausing', 'cancelling']
const mostTold = 20

const listOf = (runs: readonly number[]): string => (runs.length === 1 ? `Run ${runs[0]} is` : `Runs ${runs.slice(0, -1).join(', ')} and ${runs.at(-1)} are`)

export const otherRunsSentence = (run: number, others: readonly number[], open: number): string =>
  `${listOf(others)} under way as well, with ${plural(open, 'target')} to go. Until run ${run} has ended, this process works on ${open === 1 ? 'that' : 'those'} too where no worker does.`

/** @returns says each other run that is under way once, whenever it is called */
export const tellOtherRuns = ({ tenancy, output }: Session, run: number): (() => Promise<void>) => {
  const told = new Set([run])
  return async () => {
    const { rows } = await tenancy.runs.list({ state: underWay, limit: mostTold })
    const others = rows.filter(({ id }) => !told.has(id))
    if (others.length === 0) return
    for (const { id } of others) told.add(id)
    const open = others.reduce((sum, { counts }) => sum + counts.pending + counts.running + counts.interrupted, 0)
    output.note(
      otherRunsSentence(
        run,
        others.map(({ id }) => id).toSorted((one, other) => one - other),
        open,
      ),
    )
  }
}
