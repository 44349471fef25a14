/** `tenantry drift` and `tenantry sets verify`, as a pipeline calls them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { driftDocument, errorDocument, shapeMigrationDocument, statusDocument, trialDocument, verifyDocument } from '../../../lib/cli/documents.ts'
import { commandLine, useSetFolders, type CommandLine } from '../../support/command-line.ts'
import { makeFleet, ownSlugs, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const folder = useSetFolders()
const { mark, newSlug } = ownSlugs('cd')
const [good, bad] = [newSlug('good'), newSlug('bad')]
const files = {
  '0001_init.sql': 'create table customer (id bigint generated always as identity primary key, email text not null);\n',
  '0002_index.sql': '-- tenantry: transaction=off\ncreate index concurrently customer_email_idx on customer (email);\n',
}
let fleet: Fleet
let cli: CommandLine

beforeAll(async () => {
  fleet = await makeFleet(databases, { files })
  await fleet.work()
  await fleet.verified(await fleet.onboard([good, bad]))
  cli = commandLine(fleet.controlUrl)
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

describe('drift', () => {
  it('is nothing to speak of where all targets are the norm', async () => {
    const { code, stdout, stderr } = await cli.run(['drift'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^app 0002 · PostgreSQL \d+ · norm: 2 tenants$/m)
    expect(stdout).toMatch(/2 targets compared: 0 drifted, 0 accepted\.$/m)
  })

  it('is seen with --refresh, exits 1, and prints exactly one document', async () => {
    await fleet.sql.unsafe(`drop index "${schemaOf(bad)}".customer_email_idx`)
    expect((await cli.run(['drift', '--json'])).code).toBe(0)
    const seen = await cli.run(['drift', '--refresh', '--sql', '--json'])
    const { shapes, unknown, control } = seen.document(driftDocument)
    expect([seen.code, seen.stderr, unknown, control?.state]).toEqual([1, '', [], 'norm'])
    expect(
      shapes.map(({ set, version, norm, tenants, findings }) => [set, version, norm, tenants, findings.map(({ kind, object }) => [kind, object.name])]),
    ).toEqual([
      ['app', '0002', true, [good], []],
      ['app', '0002', false, [bad], [['missing', 'customer_email_idx']]],
    ])
    expect(shapes[1]?.repair?.steps.map(({ sql }) => sql)).toEqual([expect.stringMatching(/customer_email_idx/)])
    const status = await cli.run(['status', '--json'])
    expect(status.document(statusDocument).targets.map(({ tenant, drift }) => [tenant, drift])).toEqual([
      [bad, true],
      [good, false],
    ])
  })

  it('of one tenant is told in sentences, with the way back', async () => {
    const one = await cli.run(['drift', '--tenant', bad, '--sql'])
    expect(one.code).toBe(1)
    expect(one.stdout).toMatch(/shape B \([0-9a-f]{12}\), drifted: 1 tenant, first seen .* outside of Tenantry/)
    expect(one.stdout).toMatch(/customer_email_idx.* missing/)
    expect(one.stdout).toMatch(/create index/i)
    const other = await cli.run(['drift', '--tenant', good, '--set', 'app', '--json'])
    expect([other.code, other.document(driftDocument).shapes.map(({ tenants }) => tenants)]).toEqual([0, [[good]]])
    const nobody = await cli.run(['drift', '--tenant', 'nobody-here'])
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringMatching(/^error tenant\.unknown: /)])
  })
})

describe('a shape', () => {
  const shapeOf = async (): Promise<string> => (await fleet.tenancy.drift.target(bad))[0]?.shape ?? ''

  it('is made a migration, in a file that was not there', async () => {
    const shape = await shapeOf()
    const printed = await cli.run(['drift', 'migration', shape, '--set', 'app', '--json'])
    const { migration } = printed.document(shapeMigrationDocument)
    expect([printed.code, migration]).toEqual([
      0,
      { file: '0003_from_shape_b.sql', sql: expect.stringMatching(/^-- [\s\S]*drop index customer_email_idx;/i) as string, findings: 1 },
    ])
    const out = join(folder({}), migration.file)
    expect((await cli.run(['drift', 'migration', shape, '--set', 'app', '--out', out])).code).toBe(0)
    expect(readFileSync(out, 'utf8')).toBe(migration.sql)
    const again = await cli.run(['drift', 'migration', shape, '--set', 'app', '--out', out])
    expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/^error input\.invalid: .*0003_from_shape_b\.sql/) as string])
  })

  it('is tried on one tenant, repaired by a run, and no drift is left', async () => {
    const shape = await shapeOf()
    const tried = await cli.run(['drift', 'try', shape, '--set', 'app', '--json'])
    expect([tried.code, tried.document(trialDocument)]).toEqual([0, { trial: { slug: bad, outcome: 'repaired', error: null, findings: [] } }])
    const repaired = await cli.run(['drift', 'repair', shape, '--set', 'app'])
    expect([repaired.code, repaired.stdout]).toEqual([0, expect.stringMatching(/repair targets of app {2}succeeded/) as string])
    expect((await cli.run(['drift'])).code).toBe(0)
    const gone = await cli.run(['drift', 'repair', shape, '--set', 'app'])
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringMatching(/^error run\.no_targets: /) as string])
  })
})

describe('a shape that is named as people read it', () => {
  const refused = async (words: readonly string[]) => {
    const { code, document } = await cli.run(['drift', ...words, '--json'])
    return [code, document(errorDocument).error] as const
  }

  it('is found by its letter, at a version, or by the beginning of its id; what may be several is refused with all of them', async () => {
    await fleet.sql.unsafe(`alter table "${schemaOf(bad)}".customer add column nick text; alter table "${schemaOf(good)}".customer add column phone text`)
    expect((await cli.run(['drift', '--refresh'])).code).toBe(1)
    const shapes = (await cli.run(['drift', '--json'])).document(driftDocument).shapes
    const [first, second] = ['B', 'C'].map((letter) => shapes.find((shape) => shape.letter === letter))
    const made = async (words: readonly string[]) =>
      (await cli.run(['drift', 'migration', ...words, '--set', 'app', '--json'])).document(shapeMigrationDocument)
    const [byLetter, other] = [await made(['b']), await made(['C', '--at', '0002'])]
    expect([byLetter.migration.file, other.migration.file]).toEqual(['0003_from_shape_b.sql', '0003_from_shape_c.sql'])
    expect(byLetter).not.toEqual({ ...other, file: byLetter.migration.file })
    expect(await made([first?.fingerprint.slice(0, 7).toUpperCase() ?? ''])).toEqual(byLetter)
    expect(await made([second?.fingerprint ?? ''])).toEqual(other)
    expect((await cli.run(['drift', 'try', 'B', '--set', 'app'])).code).toBe(2)
    // A letter may stand for another shape by the time that it is typed.
    expect(await refused(['repair', 'b', '--set', 'app', '--at', '0002'])).toMatchObject([
      2,
      { code: 'drift.shape_by_letter', details: { shape: first?.fingerprint } },
    ])

    expect(await refused(['migration', 'D', '--set', 'app'])).toMatchObject([2, { code: 'drift.shape_unknown', message: 'Set “app” has no shape D.' }])
    expect(await refused(['migration', 'B', '--set', 'app', '--at', '0001'])).toMatchObject([2, { message: 'Set “app” has no shape B at 0001.' }])
    expect(await refused(['migration', 'abcde', '--set', 'app'])).toMatchObject([
      2,
      { code: 'input.invalid', message: expect.stringContaining('“abcde”') as string },
    ])
    // As when two versions have a shape of that letter.
    await fleet.control`update seen_structure set letter = 'B' where letter = 'C'`
    const [code, error] = await refused(['repair', 'B', '--set', 'app'])
    expect([code, error.code, error.details['count'], new Set(error.details['shapes'] as string[])]).toEqual([
      2,
      'drift.shape_ambiguous',
      2,
      new Set([first?.fingerprint, second?.fingerprint]),
    ])
    expect(error.message).toMatch(/^Set “app” has 2 shapes that “B” may stand for: B at 0002 \([0-9a-f]{12}, PostgreSQL \d+, 1 tenant\); B at 0002 \(/)
  })
})

describe('sets verify', () => {
  const leftOvers = async () => [
    ...(await fleet.sql`select nspname from pg_namespace where nspname like 'tenantry_reference%' union all select rolname from pg_roles where rolname like 'tenantry_reference%' and rolname like ${`%${(await fleet.control<Array<{ value: string }>>`select value from setting where key = 'installation'`)[0]?.value}%`}`),
  ]

  it('says that every way leads to the same, and leaves nothing', async () => {
    const { code, stdout } = await cli.run(['sets', 'verify', 'app'])
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^app stands by itself in db1 \(PostgreSQL \d+\): 2 versions, from empty and from every older one\.\n$/),
    ])
    expect(await leftOvers()).toEqual([])
  })

  it('names the version at which a rollout makes something else than a new tenant gets, and what fails', async () => {
    // What one migration sets for its session is there for the next one of the same transaction only.
    fleet.write(
      {
        '0001_init.sql': `create table a (id int);\nselect set_config('own.kind', 'bigint', true);\n`,
        '0002_more.sql': `do $$ begin execute 'create table b (id ' || coalesce(nullif(current_setting('own.kind', true), ''), 'text') || ')'; end $$;\n`,
        '0003_late.sql': `do $$ begin if to_regclass('missing_thing') is null then raise exception 'nobody made it'; end if; end $$;\n`,
      },
      'odd',
    )
    await fleet.tenancy.sets.sync({ kind: 'cli', id: null, label: 'test', role: 'admin' }, { name: 'odd', dir: join(fleet.folder, 'odd') })
    const verified = await cli.run(['sets', 'verify', 'odd', '--database', 'db1', '--json'])
    const { disagreements, problems, versions } = verified.document(verifyDocument)
    expect([verified.code, versions]).toEqual([1, 3])
    expect(disagreements).toEqual([{ version: '0002', findings: ['Column id of b is text instead of bigint.'] }])
    expect(problems).toEqual([expect.stringMatching(/0003_late\.sql, line 1.*nobody made it/), expect.stringMatching(/0003_late\.sql, line 1.*nobody made it/)])
    expect(await leftOvers()).toEqual([])
  })
})
