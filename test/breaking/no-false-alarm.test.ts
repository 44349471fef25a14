/** The long half of `test/integration/drift/no-false-alarm.test.ts`: a thousand tenants. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { closePoolFleet, makePoolFleet } from '../support/pool.ts'
import { dumps, expectNoFalseAlarm, firstOfAll } from '../support/no-false-alarm.ts'
import type { Fleet } from '../support/fleet.ts'
import { useDatabases } from '../support/template.ts'
import { scaled } from './scale.ts'

const databases = useDatabases()
const mark = 'alarm'
let fleet: Fleet

beforeAll(async () => {
  fleet = await makePoolFleet(databases, { files: firstOfAll })
  await fleet.work()
})
afterAll(() => closePoolFleet(fleet, mark))

it('takes none of a thousand for drifted, however they came to their version', async () => {
  const withDumps = await dumps(inject('serverMajor'))
  expect(withDumps, 'pg_dump is not there, or older than the server').toBe(true)
  await expectNoFalseAlarm(fleet, mark, scaled(168, 4), withDumps)
})
