import { countedResults, countOnStage } from '../count-run.ts'
import { floorRollout } from '../floor.ts'
import { figuresOf, inTurn } from '../measure.ts'
import { watchBackends } from '../memory.ts'
import { roundsFor } from '../options.ts'
import type { Result } from '../output.ts'
import { fleetDatabase, startRollout, type Stage } from '../stage.ts'

const megabytes = (bytes: number): number => bytes / 2 ** 20

export const rollout = async (stage: Stage): Promise<Result[]> => {
  const { options, product, size } = stage
  const verified: number[] = []
  const events: number[] = []
  const backends: number[] = []
  const figures = await inTurn(
    roundsFor(options),
    async () => {
      const ms = await floorRollout(stage.fleetUrl, options.connections, stage.schemas)
      await stage.reset()
      return ms
    },
    async () => {
      await stage.observe()
      // Only beside the first run, which does not count.
      const watch = backends.length === 0 ? watchBackends(fleetDatabase) : null
      const times = await product.drive(() => startRollout(product))
      if (watch) backends.push(megabytes(watch.stop()))
      verified.push(times.verifiedMs)
      events.push(times.events)
      await stage.reset()
      return times.finalMs
    },
  )
  const { peak } = await product.worker()
  await stage.observe()
  const counted = countedResults('rollout', size, await countOnStage(stage, startRollout))
  await stage.reset()
  return [
    {
      bench: 'rollout of 0021',
      size,
      ...figures,
      unit: 'ms',
      bar: 1.3,
      note: `${Math.min(...events.slice(1))}–${Math.max(...events.slice(1))} messages of progress`,
    },
    { bench: 'rollout, until read back beside it', size, floor: figures.floor, product: figuresOf(verified.slice(1)), unit: 'ms', bar: null },
    ...counted,
    { bench: 'worker, largest size of the process', size, floor: null, product: figuresOf([megabytes(peak)]), unit: 'MB', bar: 300 },
    { bench: 'largest backend of a rollout', size, floor: null, product: figuresOf(backends), unit: 'MB', bar: 100 },
  ]
}
