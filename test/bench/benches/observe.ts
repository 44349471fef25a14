import { floorObserve } from '../floor.ts'
import { figuresOf, inTurn, timed } from '../measure.ts'
import { watchBackends } from '../memory.ts'
import { roundsFor } from '../options.ts'
import type { Result } from '../output.ts'
import { fleetDatabase, type Stage } from '../stage.ts'

/** Versions and exact sizes of the whole fleet, until the control plane holds them. */
export const observe = async (stage: Stage): Promise<Result[]> => {
  const { options, size } = stage
  const figures = await inTurn(
    Math.max(5, roundsFor(options)),
    () => floorObserve(stage.fleetUrl, stage.schemas),
    () => timed(() => stage.observe()),
  )
  const watch = watchBackends(fleetDatabase)
  await stage.observe()
  const backend = figuresOf([watch.stop() / 2 ** 20])
  return [
    { bench: 'observation: version and exact size', size, ...figures, unit: 'ms', bar: 1.2 },
    { bench: 'largest backend of an observation', size, floor: null, product: backend, unit: 'MB', bar: 100 },
  ]
}
