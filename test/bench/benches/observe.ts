import { floorFingerprints, floorObserve } from '../floor.ts'
import { figuresOf, inTurn, timed } from '../measure.ts'
import { watchBackends } from '../memory.ts'
import { roundsFor } from '../options.ts'
import type { Result } from '../output.ts'
import { fleetDatabase, type Stage } from '../stage.ts'

/** Versions and exact sizes of the whole fleet, without and with its structures, until the control plane holds them and has compared them. */
export const observe = async (stage: Stage): Promise<Result[]> => {
  const { options, size } = stage
  const figures = await inTurn(
    roundsFor(options),
    () => floorObserve(stage.fleetUrl, stage.schemas),
    () => timed(() => stage.observe()),
  )
  const whole = await inTurn(
    roundsFor(options),
    async () => (await floorObserve(stage.fleetUrl, stage.schemas)) + (await floorFingerprints(stage.fleetUrl)),
    () => timed(() => stage.observeAll()),
  )
  const watch = watchBackends(fleetDatabase)
  await stage.observeAll()
  const backend = figuresOf([watch.stop() / 2 ** 20])
  return [
    { bench: 'observation: version and exact size', size, ...figures, unit: 'ms', bar: null },
    { bench: 'observation: version, exact size and structure', size, ...whole, unit: 'ms', bar: 1.2 },
    { bench: 'largest backend of an observation', size, floor: null, product: backend, unit: 'MB', bar: 100 },
  ]
}
