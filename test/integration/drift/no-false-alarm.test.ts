/** The quick half; `test/breaking/no-false-alarm.test.ts` has a thousand tenants. */
import { afterAll, beforeAll, inject, it } from 'vitest'
import { closePoolFleet, makePoolFleet } from '../../support/pool.ts'
import { dumps, expectNoFalseAlarm, firstOfAll } from '../../support/no-false-alarm.ts'
import type { Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const mark = `nf${process.pid}`
let fleet: Fleet

beforeAll(async () => {
  fleet = await makePoolFleet(databases, { files: firstOfAll })
  await fleet.work()
})
afterAll(() => closePoolFleet(fleet, mark))

it('takes nobody for drifted: built at each version, rolled out to, claimed from the pool, dumped and restored', async () =>
  expectNoFalseAlarm(fleet, mark, 4, await dumps(inject('serverMajor'))))
