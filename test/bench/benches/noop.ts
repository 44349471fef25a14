import { isTenancyError } from '../../../lib/tenancy/index.ts'
import { countedResults, countOnStage } from '../count-run.ts'
import { floorVersions } from '../floor.ts'
import { inTurn, timed } from '../measure.ts'
import { roundsFor } from '../options.ts'
import type { Result } from '../output.ts'
import { startRollout, type Stage } from '../stage.ts'

/** The plan alone says that there is nothing to do. */
const refused = async ({ product }: Stage): Promise<number> =>
  timed(async () => {
    try {
      await startRollout(product)
    } catch (error) {
      if (isTenancyError(error) && error.code === 'run.nothing_to_do') return
      throw error
    }
    throw new Error('a rollout began where there is nothing to do')
  })

/** Everything at head in truth: once with observations that say so, once with older ones, so that a run must read every history. */
export const noop = async (stage: Stage): Promise<Result[]> => {
  const { options, product, size } = stage
  const { sql } = product
  await stage.observe()
  await sql`drop table if exists stale`
  await sql`create table stale as select * from tenantry.observation`
  await product.drive(() => startRollout(product))
  await stage.observe()
  const floor = () => floorVersions(stage.fleetUrl, options.connections, stage.schemas)
  const planned = await inTurn(roundsFor(options), floor, () => refused(stage))
  const forget = () => sql`
    update tenantry.observation o set version = s.version, applied = s.applied, digest = s.digest, version_state = s.version_state, pending = s.pending
    from stale s where s.target_id = o.target_id`
  const driven = await inTurn(roundsFor(options), floor, async () => {
    await forget()
    return (await product.drive(() => startRollout(product))).finalMs
  })
  await forget()
  const counted = countedResults('nothing to do', size, await countOnStage(stage, startRollout))
  await sql`drop table stale`
  await stage.reset()
  await stage.observe()
  const bar = size >= 10_000 ? { floor: null, bar: 3_000 } : { bar: size >= 1_000 ? 2 : null }
  return [
    { bench: 'nothing to do, plan refused', size, ...planned, unit: 'ms', ...bar },
    { bench: 'nothing to do, histories read by a run', size, ...driven, unit: 'ms', ...bar },
    ...counted,
  ]
}
