/** The long half of `test/integration/drift/fuzz.test.ts`. */
import { afterAll, beforeAll, it } from 'vitest'
import { fuzzDrift } from '../support/fuzz-drift.ts'
import { roleOf } from '../support/schemas.ts'
import { useDatabases, withServer } from '../support/template.ts'
import { scaled } from './scale.ts'

const databases = useDatabases()
const role = roleOf('fuzz_long')
const rounds = scaled(500)
/** Of one database, which would be slow with all of them in it. */
const atOnce = 50

beforeAll(() => withServer((sql) => sql.unsafe(`create role ${role}`).simple()))
afterAll(() => withServer((sql) => sql.unsafe(`drop role ${role}`).simple()))

it(`takes what is the same for the same, and finds every change, in ${rounds} random schemas`, async () => {
  const seeds = Array.from({ length: rounds }, (_, index) => 1000 + index)
  for (let start = 0; start < seeds.length; start += atOnce) await fuzzDrift(databases, role, seeds.slice(start, start + atOnce))
})
