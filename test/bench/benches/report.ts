import { maxRowCap } from '../../../lib/tenancy/contract/reports.ts'
import { systemActor } from '../../../lib/tenancy/contract/permissions.ts'
import { floorReport } from '../floor.ts'
import { setName } from '../product.ts'
import { inTurn } from '../measure.ts'
import { roundsFor } from '../options.ts'
import type { Result } from '../output.ts'
import type { Stage } from '../stage.ts'

/** One row of each tenant, from its tables; until all rows are committed in the control database and the run has ended. */
const question = 'select count(*) as orders, max(id) as newest from orders'

export const report = async (stage: Stage): Promise<Result[]> => {
  const { product, options, size } = stage
  const figures = await inTurn(
    roundsFor(options),
    () => floorReport(stage.fleetUrl, options.connections, stage.schemas, question),
    async () => {
      const { finalMs } = await product.drive(() =>
        product.tenancy.reports.start(systemActor, { set: setName, sql: question, params: {}, selection: { kind: 'all' }, rowCap: maxRowCap, note: '' }),
      )
      return finalMs
    },
  )
  return [{ bench: 'report: one row a tenant', size, ...figures, unit: 'ms', bar: 1.3 }]
}
