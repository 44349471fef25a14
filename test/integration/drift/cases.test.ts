/** Each kind of object missing, extra and mismatched: what is found, what mends it, and that it does; on the server itself. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Finding, Repair, Structure } from '../../../lib/tenancy/contract/index.ts'
import { compareStructures } from '../../../lib/tenancy/drift/compare/compare-structures.ts'
import { ddlOf } from '../../../lib/tenancy/drift/compare/ddl.ts'
import { migrationOf } from '../../../lib/tenancy/drift/compare/migration-text.ts'
import { repairOf } from '../../../lib/tenancy/drift/compare/repair.ts'
import { fingerprintsOf } from '../../../lib/tenancy/drift/fingerprint.ts'
import { useDatabases } from '../../support/template.ts'
import { actingCases } from './cases/acting.ts'
import type { Case } from './cases/case.ts'
import { columnCases } from './cases/columns.ts'
import { constraintCases } from './cases/constraints.ts'
import { facetCases } from './cases/facets.ts'
import { indexCases } from './cases/indexes.ts'
import { routineCases } from './cases/routines.ts'
import { openStage, type Stage } from './cases/stage.ts'
import { tableCases } from './cases/tables.ts'
import { togetherCases } from './cases/together.ts'
import { typeCases } from './cases/types.ts'

const groups = {
  tables: tableCases,
  columns: columnCases,
  constraints: constraintCases,
  indexes: indexCases,
  'types and sequences': typeCases,
  'views and routines': routineCases,
  'triggers, rules and policies': actingCases,
  'comments, rights and names': facetCases,
  'what stands on each other': togetherCases,
}
const known = (one: Case): boolean => (one.since ?? 0) <= inject('serverMajor')
const cases = Object.values(groups).flat().filter(known)

const databases = useDatabases()
const role = `drift_case_${process.pid}`
let stage: Stage

const schemaOf = (part: string, one: Case): string => `${part}_${cases.indexOf(one)}`

const readAll = async (part: string): Promise<ReadonlyMap<Case, Structure>> => {
  const found = await stage.read(cases.map((one) => schemaOf(part, one)))
  return new Map(cases.flatMap((one) => [found.get(schemaOf(part, one)) ?? []].flat().map((structure) => [one, structure] as const)))
}

/** DDL for people names this schema, its owner and the tenant's role in words of its own. */
const runnable = (ddl: string, schema: string): string =>
  ddl
    .replaceAll(/\b(TO|FROM|ROLE) tenant\b/g, `$1 ${role}`)
    .replaceAll(/\b(TO|FROM|ROLE) owner\b/g, '$1 current_user')
    .replaceAll('SCHEMA own', `SCHEMA ${schema}`)

type Proof = {
  readonly norm: Structure
  readonly findings: readonly Finding[]
  readonly repair: Repair
  readonly repairError: string
  readonly after: Structure
  readonly ddl: string
  readonly ddlError: string
  readonly rebuilt: Structure
  readonly migration: string
  readonly migrationError: string
  readonly afterMigration: readonly Finding[]
}
const proofs = new Map<Case, Proof>()

beforeAll(async () => {
  stage = await openStage(await databases.empty(), role)
  for (const one of cases) {
    await stage.build(schemaOf('norm', one), one.base ?? '', one.norm)
    await stage.build(schemaOf('seen', one), one.base ?? '', one.seen)
    await stage.build(schemaOf('migrated', one), one.base ?? '', one.norm)
    await stage.build(schemaOf('rebuilt', one))
  }
  const [norms, seens] = [await readAll('norm'), await readAll('seen')]
  const begun = new Map<Case, Omit<Proof, 'after' | 'rebuilt' | 'afterMigration'>>()
  for (const one of cases) {
    const [norm, seen] = [norms.get(one), seens.get(one)]
    if (!norm || !seen) continue
    const findings = compareStructures(norm, seen, [])
    const repair = repairOf(norm, seen, findings)
    const [ddl, migration] = [ddlOf(norm), migrationOf(norm, seen, findings)]
    begun.set(one, {
      norm,
      findings,
      repair,
      repairError: await stage.execute(
        schemaOf('seen', one),
        repair.steps.map((step) => step.sql),
      ),
      ddl,
      ddlError: await stage.execute(schemaOf('rebuilt', one), [runnable(ddl, schemaOf('rebuilt', one))]),
      migration,
      migrationError: await stage.execute(schemaOf('migrated', one), [migration]),
    })
  }
  const [afters, rebuilts, migrateds] = [await readAll('seen'), await readAll('rebuilt'), await readAll('migrated')]
  for (const [one, proof] of begun) {
    const [after, rebuilt, seen, migrated] = [afters.get(one), rebuilts.get(one), seens.get(one), migrateds.get(one)]
    if (after && rebuilt && seen && migrated) proofs.set(one, { ...proof, after, rebuilt, afterMigration: compareStructures(seen, migrated, []) })
  }
})
afterAll(() => stage.close())

const proofOf = (one: Case): Proof => {
  const proof = proofs.get(one)
  if (!proof) throw new Error(`${one.name} was not tried`)
  return proof
}

/** Up to 15, columns of a view over a single relation are printed with its name. */
const asOn18 = (statement: string): string =>
  /^CREATE (?:MATERIALIZED )?VIEW/.test(statement) ? statement.replaceAll(/(?:"Or der"|\b(?:customer|mails|phones|c))\./g, '') : statement

describe.each(Object.entries(groups))('%s', (_, group) => {
  it.each(group.filter(known).map((one) => [one.name, one] as const))('%s', (_name, one) => {
    const { norm, findings, repair, repairError, after, ddlError, rebuilt, migrationError, migration, afterMigration } = proofOf(one)
    const sentences = (some: readonly Finding[]): string[] => some.map(({ sentence }) => sentence)

    expect(findings.map(({ severity, sentence }) => `${severity}: ${sentence}`)).toEqual(one.findings)
    expect(repair.steps.map((step) => asOn18(step.sql))).toEqual(one.repair ?? [])
    expect(repair.left.map(({ sentence, reason }) => `${sentence} ${reason}`)).toEqual(one.left ?? [])

    expect(repairError).toBe('')
    const remaining = compareStructures(norm, after, [])
    expect(remaining.map(({ key }) => key).toSorted(), sentences(remaining).join(' ')).toEqual(repair.left.map(({ finding }) => finding).toSorted())
    if (repair.left.length === 0) expect(fingerprintsOf(after)).toEqual(fingerprintsOf(norm))

    expect(ddlError).toBe('')
    expect(sentences(compareStructures(norm, rebuilt, []))).toEqual(one.inDdl ?? [])

    expect(migrationError).toBe('')
    const isWhole = !/^-- (?:Left to you|Rights of a tenant's own role)/m.test(migration)
    if (isWhole) expect(sentences(afterMigration)).toEqual([])
  })
})

it('no two cases have one name, and all steps are of a finding that was told', () => {
  const names = Object.values(groups).flatMap((group) => group.map(({ name }) => name))
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  for (const { findings, repair } of proofs.values()) for (const { finding } of repair.steps) expect(findings.map(({ key }) => key)).toContain(finding)
})
