/** A folder of files read as a migration set. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isTenancyError } from '../../../lib/tenancy/errors.ts'
import { loadSet } from '../../../lib/tenancy/migrations/load-set.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tenantry-load-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const load = (files: Readonly<Record<string, string | Uint8Array>>) => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return loadSet(folder)
}
const errorsOf = async (files: Readonly<Record<string, string | Uint8Array>>) =>
  (await load(files)).findings.filter(({ level }) => level === 'error').map(({ file, line, column, rule }) => [file, line, column, rule])
const problemOf = async (dir: string): Promise<unknown> => {
  try {
    await loadSet(dir)
    return null
  } catch (error) {
    if (!isTenancyError(error)) throw error
    return [error.code, error.details.problem]
  }
}

describe('a set', () => {
  it('is its migrations in order, with their ways back and the seed beside them', async () => {
    const set = await load({
      '0002_b.sql': 'alter table a add column b int;',
      '0001_a.sql': 'create table a (id int);',
      '0001_a.down.sql': 'drop table a;',
      '0003_c.sql': '-- tenantry: transaction=off\n\ncreate index concurrently i on a (b);',
      'seed.sql': 'insert into a values (1);',
      'README.md': 'not a migration',
    })
    expect(set.migrations.map(({ version, name, file, transactional, downSql }) => [version, name, file, transactional, downSql])).toEqual([
      ['0001', 'a', '0001_a.sql', true, 'drop table a;'],
      ['0002', 'b', '0002_b.sql', true, null],
      ['0003', 'c', '0003_c.sql', false, null],
    ])
    expect(set.seedSql).toBe('insert into a values (1);')
    expect(set.findings).toEqual([])
  })

  it('is the same from a checkout with other line ends', async () => {
    const unix = (await load({ '0001_a.sql': 'create table a (\n  id int\n);\n' })).migrations[0]
    const windows = (await load({ '0001_a.sql': '\uFEFFcreate table a (\r\n  id int\r\n);\r\n' })).migrations[0]
    expect(windows?.checksum).toBe(unix?.checksum)
    expect(windows?.sql).toBe(unix?.sql)
  })

  it('may be links to files, as in a mounted volume', async () => {
    mkdirSync(join(folder, '..data'))
    for (const [name, text] of [
      ['0001_a.sql', 'select 1'],
      ['seed.sql', 'select 2'],
    ] as const) {
      writeFileSync(join(folder, '..data', name), text)
      symlinkSync(join('..data', name), join(folder, name))
    }
    const set = await loadSet(folder)
    expect([set.migrations.map(({ file }) => file), set.seedSql]).toEqual([['0001_a.sql'], 'select 2'])
    symlinkSync('nowhere.sql', join(folder, '0002_b.sql'))
    expect(await problemOf(folder)).toEqual(['set.directory', '0002_b.sql is a link that leads nowhere'])
  })

  it('takes dates and letters as versions', async () => {
    const set = await load({ '20260101-1_a.sql': 'select 1', '20260101-2_a_longer.name.sql': 'select 1' })
    expect(set.migrations.map(({ version, name }) => [version, name])).toEqual([
      ['20260101-1', 'a'],
      ['20260101-2', 'a_longer.name'],
    ])
  })
})

describe('what is wrong in a set is said with its place:', () => {
  it.each([
    ['a syntax error', { '0001_a.sql': 'create table a (id int);\ncreate tabel b;' }, ['0001_a.sql', 2, 8, 'syntax']],
    ['a COMMIT inside', { '0001_a.sql': 'create table a (id int);\n\n  commit;' }, ['0001_a.sql', 3, 3, 'transaction_control']],
    ['two files of one version', { '0001_a.sql': 'select 1', '0001_b.sql': 'select 1' }, ['0001_b.sql', 1, 1, 'duplicate_version']],
    ['a file without a version', { '0001_a.sql': 'select 1', 'fix.sql': 'select 1' }, ['fix.sql', 1, 1, 'file_name']],
    ['versions of several lengths', { '9_a.sql': 'select 1', '10_b.sql': 'select 1' }, ['9_a.sql', 1, 1, 'version_width']],
    ['one of another length', { '0001_a.sql': 'select 1', '0002_b.sql': 'select 1', '13_x.sql': 'select 1' }, ['13_x.sql', 1, 1, 'version_width']],
    ['an empty file', { '0001_a.sql': '-- later\n' }, ['0001_a.sql', 1, 1, 'empty']],
    ['an unknown directive', { '0001_a.sql': '-- why\n-- tenantry: transaction=of\nselect 1' }, ['0001_a.sql', 2, 1, 'directive']],
    ['a COMMIT in the seed', { '0001_a.sql': 'select 1', 'seed.sql': 'insert into a values (1);\ncommit;' }, ['seed.sql', 2, 1, 'transaction_control']],
    ['a seed that names a schema', { '0001_a.sql': 'select 1', 'seed.sql': 'insert into public.a values (1)' }, ['seed.sql', 1, 13, 'names_schema']],
    ['a seed that is no SQL', { '0001_a.sql': 'select 1', 'seed.sql': 'insert in a' }, ['seed.sql', 1, 8, 'syntax']],
  ])('%s', async (_, files, finding) => {
    expect(await errorsOf(files)).toContainEqual(finding)
  })

  const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1')
  it.each([
    ['Latin-1', { '0001_a.sql': latin1("select 1;\nselect 'M\u00fcller'") }, ['0001_a.sql', 2, 10, 'encoding']],
    ['Latin-1 behind what is UTF-8', { '0001_a.sql': Buffer.concat([Buffer.from("select 'ü€😀"), latin1('\u00e4')]) }, ['0001_a.sql', 1, 12, 'encoding']],
    ['half of a character at the end', { '0001_a.sql': Buffer.from("select '\u00e4").subarray(0, 9) }, ['0001_a.sql', 1, 9, 'encoding']],
    ['UTF-16', { '0001_a.sql': Buffer.from('\uFEFFselect 1', 'utf16le') }, ['0001_a.sql', 1, 1, 'encoding']],
    ['UTF-16 without its mark', { '0001_a.sql': Buffer.from('select 1', 'utf16le') }, ['0001_a.sql', 1, 2, 'encoding']],
    ['a NUL', { '0001_a.sql': "select 1;\nselect 'a\u0000b'" }, ['0001_a.sql', 2, 10, 'encoding']],
    ['Latin-1 in the seed', { '0001_a.sql': 'select 1', 'seed.sql': latin1("insert into a values ('\u00fc')") }, ['seed.sql', 1, 24, 'encoding']],
    ['Latin-1 on the way back', { '0001_a.sql': 'select 1', '0001_a.down.sql': latin1('-- \u00fc') }, ['0001_a.down.sql', 1, 4, 'encoding']],
  ])('%s, which would be stored damaged', async (_, files, finding) => {
    expect(await errorsOf(files)).toEqual([finding])
  })

  it('with what would be right', async () => {
    const latin = await load({ '0001_a.sql': latin1("select 'M\u00fcller'") })
    expect(latin.findings[0]?.message).toContain('byte 0xfc is not UTF-8; files of a set are UTF-8, so save it as UTF-8')
    const widths = await load({ '0001_a.sql': 'select 1', '0002_b.sql': 'select 1', '13_x.sql': 'select 1' })
    expect(widths.findings.map(({ message }) => message)).toEqual([expect.stringContaining('name it 0013_x.sql')])
  })

  it('directives count at the head of a file alone', async () => {
    const set = await load({ '0001_a.sql': 'select 1;\n-- tenantry: transaction=off\n' })
    expect(set.migrations[0]?.transactional).toBe(true)
  })
})

describe('a folder', () => {
  it('that is not there, is a file, or holds no migration is refused', async () => {
    expect(await problemOf(join(folder, 'nowhere'))).toEqual(['set.directory', 'it does not exist'])
    writeFileSync(join(folder, 'file'), '')
    expect(await problemOf(join(folder, 'file'))).toEqual(['set.directory', 'it is a file, not a directory'])
    mkdirSync(join(folder, 'empty'))
    expect(await problemOf(join(folder, 'empty'))).toMatchObject(['set.directory', expect.stringContaining('NNNN_name.sql')])
  })
})
