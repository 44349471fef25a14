/** Whatever is changed in a schema shows: in the fingerprint of its facet and no other, and in the trace. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { differingFacets, linesOf, openSchemas, roleOf, type Schemas } from '../../support/schemas.ts'
import { useDatabases, withServer } from '../../support/template.ts'
import { base, changes } from './single-changes.ts'

const databases = useDatabases()
const [role, other] = [roleOf('tenant'), roleOf('other')]
let schemas: Schemas

beforeAll(async () => {
  await withServer((sql) => sql.unsafe(`create role ${role}; create role ${other}`).simple())
  schemas = await openSchemas(databases, role)
})
afterAll(async () => {
  await schemas.sql.unsafe(`drop owned by ${role}, ${other} cascade`).simple()
  await schemas.close()
  await withServer((sql) => sql.unsafe(`drop role ${role}; drop role ${other}`).simple())
})

it('shows every single change where it belongs', async () => {
  const cases = changes(role, other).filter(([, , since = 0]) => schemas.version >= since)
  const names = cases.map((_, index) => `case_${index}`)
  for (const name of ['first', 'second']) await schemas.build(name, base)
  for (const [index, [ddl]] of cases.entries()) await schemas.build(`case_${index}`, `${base}; ${ddl}`)
  const seen = await schemas.look(['first', 'second', ...names])
  const first = seen.get('first')
  if (!first) throw new Error('nothing was seen')
  expect(seen.get('second')).toEqual(first)
  const found = cases.map(([ddl], index) => {
    const one = seen.get(`case_${index}`) ?? first
    return [ddl, differingFacets(first.prints, one.prints), one.trace === first.trace ? 'same trace' : 'other trace']
  })
  expect(found).toEqual(cases.map(([ddl, facets]) => [ddl, facets, 'other trace']))
  expect(linesOf(first.structure).length).toBeGreaterThan(40)
  const traces = new Map(names.map((name) => [seen.get(name)?.trace, seen.get(name)?.prints]))
  expect(traces.size).toBe(cases.length)
})
