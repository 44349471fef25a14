/** The quick half; the long one is in `test/breaking/structures.test.ts`. */
import { afterAll, beforeAll, it } from 'vitest'
import { fuzzDrift } from '../../support/fuzz-drift.ts'
import { roleOf } from '../../support/schemas.ts'
import { useDatabases, withServer } from '../../support/template.ts'

const databases = useDatabases()
const role = roleOf('fuzz')
const rounds = 12

beforeAll(() => withServer((sql) => sql.unsafe(`create role ${role}`).simple()))
afterAll(() => withServer((sql) => sql.unsafe(`drop role ${role}`).simple()))

it(`takes what is the same for the same, and finds every change, in ${rounds} random schemas`, () =>
  fuzzDrift(
    databases,
    role,
    Array.from({ length: rounds }, (_, index) => index + 1),
  ))
