/** What people mistype: one line with a stable code, a hint, exit code 2 or 3, and nothing done. */
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { beforeAll, describe, expect, it } from 'vitest'
import { errorDocument, runListDocument, statusDocument } from '../../../lib/cli/documents.ts'
import { nextFreePort } from '../../../lib/embedded/ports.ts'
import { commandLine, useSetFolders } from '../../support/command-line.ts'
import type { CommandLine } from '../../support/command-line.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const folderOf = useSetFolders()
const mark = randomBytes(3).toString('hex')

let controlUrl: string
let fleetUrl: string
let cli: CommandLine

beforeAll(async () => {
  controlUrl = await databases.control()
  fleetUrl = await databases.empty()
  cli = commandLine(controlUrl)
  await cli.run(['databases', 'add', 'app-1', '--url', fleetUrl])
  await cli.run(['sets', 'sync', 'app', '--dir', folderOf({ '0001_people.sql': 'create table people (id bigint primary key);' })])
})

/** What a command was refused with; checks that the document on stdout and the line on stderr say the same. */
const refusal = async (line: CommandLine, words: readonly string[], input?: string) => {
  const ended = await line.run([...words, '--json'], input)
  const { error } = ended.document(errorDocument)
  expect(ended.stderr).toBe(`error ${error.code}: ${error.message}\n`)
  return { ...error, exit: ended.code }
}

/** The lines on stderr without --json, where people get more than the first one. */
const linesOf = async (line: CommandLine, words: readonly string[], input?: string): Promise<readonly string[]> => {
  const { code, stdout, stderr } = await line.run(words, input)
  expect([code, stdout]).toEqual([2, ''])
  return stderr.trimEnd().split('\n')
}

const withUrl = (change: (url: URL) => void): string => {
  const url = new URL(fleetUrl)
  change(url)
  return url.href
}

describe('what is not there', () => {
  it.each([
    ['tenant of status', ['status', '--tenant', 'nobody'], 'tenant.unknown'],
    ['tenant of migrate', ['migrate', '--tenants', 'nobody'], 'tenant.unknown'],
    ['set of status', ['status', '--set', 'nope'], 'set.unknown'],
    ['set of migrate', ['migrate', '--set', 'nope'], 'set.unknown'],
    ['set of lint', ['sets', 'lint', 'nope'], 'set.unknown'],
    ['set of sync without a directory', ['sets', 'sync', 'nope'], 'set.unknown'],
    ['set of onboard', ['onboard', `new-${mark}`, '--set', 'nope'], 'set.unknown'],
    ['run to show', ['runs', 'show', '4711'], 'run.unknown'],
    ['run to watch', ['runs', 'watch', '4711'], 'run.unknown'],
    ['run to rerun', ['runs', 'rerun', '4711'], 'run.unknown'],
    ['tenant to discard', ['discard', `nobody-${mark}`], 'tenant.unknown'],
    ['run to pause', ['runs', 'pause', '4711'], 'run.unknown'],
    ['version of migrate', ['migrate', '--to', '0099'], 'version.unknown'],
    ['version of onboard', ['onboard', `new-${mark}`, '--to', '0099'], 'version.unknown'],
    ['baseline of onboard', ['onboard', `new-${mark}`, '--baseline', '0099'], 'onboard.baseline'],
    ['database of onboard', ['onboard', `new-${mark}`, '--database', 'nope'], 'database.unknown'],
    ['database to remove', ['databases', 'remove', 'nope'], 'database.unknown'],
    ['database of a set', ['sets', 'sync', 'app', '--database', 'nope'], 'database.unknown'],
    ['command', ['migrat'], 'input.invalid'],
    ['option', ['status', '--tennant', 'acme'], 'input.invalid'],
    ['CSV file', ['onboard', '--csv', '/nowhere/customers.csv'], 'input.invalid'],
  ])('%s', async (_name, words, code) => {
    const refused = await refusal(cli, words)
    expect([refused.code, refused.exit]).toEqual([code, 2])
  })

  it('leaves an audit row when it was to be changed, none when it was only looked for or mistyped', async () => {
    const sql = postgres(controlUrl, { max: 1, onnotice: () => {} })
    const rows = await sql<Array<{ action: string; code: string; kind: string }>>`
      select action, details ->> 'code' as code, actor_kind as kind from tenantry.audit where action like 'refused.%' order by id`
    await sql.end()
    const seen = rows.map(({ action, code, kind }) => [action, code, kind].join(' '))
    expect(seen).toContain('refused.databases.remove database.unknown cli')
    expect(seen).toContain('refused.runs.pause run.unknown cli')
    expect(seen.filter((row) => /refused\.(status|runs\.show|runs\.watch|sets\.lint) |input\.invalid/.test(row))).toEqual([])
  })
})

describe('what makes no sense', () => {
  it.each([
    ['a run that is no number', ['runs', 'show', 'last'], 'run'],
    ['a share of more than all', ['migrate', '--failure-tolerance', '200%'], '--failure-tolerance: a share is at most 100%'],
    ['a schema of PostgreSQL', ['onboard', `new-${mark}`, '--schema', 'public'], ': schema is kept'],
    ['a host that is none', ['onboard', `new-${mark}`, '--host', 'a_b'], ': hosts is not a host name'],
    ['a CSV that is a directory', ['onboard', '--csv', tmpdir()], 'it is a directory'],
    ['a tolerance that is none', ['migrate', '--failure-tolerance', 'some'], '--failure-tolerance'],
    ['a concurrency of zero', ['migrate', '--max-concurrent', '0'], '--max-concurrent must be at least 1'],
    ['a limit that is no number', ['runs', 'list', '--limit', 'abc'], 'limit must be a whole number'],
    ['a limit of none', ['runs', 'list', '--limit', '0'], 'limit must be at least 1'],
    ['--all with --tenants', ['migrate', '--all', '--tenants', 'acme'], '--all'],
    ['no tenant in --tenants', ['migrate', '--tenants', ' , '], 'at least one tenant'],
    ['onboard without slugs', ['onboard'], 'slug'],
    ['onboard with slugs and --csv', ['onboard', 'acme', '--csv', '-'], '--csv'],
    ['one name for two tenants', ['onboard', 'acme', 'globex', '--name', 'Acme'], '--name'],
    ['a label without a value', ['onboard', 'acme', '--label', 'plan'], 'KEY=VALUE'],
    ['an isolation that is none', ['onboard', 'acme', '--isolation', 'magic'], 'isolation'],
    ['an address that is no e-mail', ['init', '--admin', 'ada'], 'e-mail'],
    ['a budget that holds no migration', ['databases', 'add', 'x', '--url', 'postgres://a@b/c', '--budget', '2'], 'at least 3'],
    ['a budget that is no number', ['databases', 'add', 'x', '--url', 'postgres://a@b/c', '--budget', 'many'], 'budget'],
  ])('%s', async (_name, words, word) => {
    const refused = await refusal(cli, words)
    expect([refused.code, refused.exit]).toEqual(['input.invalid', 2])
    expect(refused.message).toContain(word)
  })
})

describe('slugs', () => {
  const wrong = [`o'brien`, 'a"b', 'acme;drop', 'Acme', 'münchen', 'a_b', 'a--b', '1acme', 'a'.repeat(49), 'a'.repeat(64), '', 'admin']

  it('that are no host labels, too long or reserved are all named', async () => {
    const { code, details } = await refusal(cli, ['onboard', ...wrong, `fine-${mark}`])
    expect(code).toBe('input.invalid')
    expect(details.fields).toMatchObject(wrong.map((_, index) => ({ field: `${index}.slug` })))
  })

  it('alone, with what would be right', async () => {
    const [first] = await linesOf(cli, ['onboard', 'a; drop table people'])
    expect(first).toMatch(/^error input\.invalid: .*“a; drop table people” must start with a letter/)
  })
})

describe('a CSV', () => {
  const onboardCsv = (csv: string) => refusal(cli, ['onboard', '--csv', '-'], csv)

  it('with a slug twice is refused whole, with the line', async () => {
    const { code, message } = await onboardCsv(`slug,name\none-${mark},One\ntwo-${mark},Two\none-${mark},Again\n`)
    expect(code).toBe('input.invalid')
    expect(message).toContain('line 4')
  })

  it('without the column slug is refused', async () => {
    expect((await onboardCsv('name,hosts\nAcme,acme.example.com\n')).message).toContain('slug')
  })

  it('of 10,001 rows is refused', async () => {
    const rows = Array.from({ length: 10_001 }, (_, index) => `t${index}-${mark}`)
    expect((await onboardCsv(['slug', ...rows].join('\n'))).code).toBe('input.invalid')
  })

  it('names every wrong row under the error', async () => {
    const [error, ...rows] = await linesOf(cli, ['onboard', '--csv', '-'], `slug\nAdmin\nok-${mark}\nx y\n`)
    expect(error).toMatch(/^error input\.invalid: .*line 2/)
    expect(rows.map((row) => row.trim().slice(0, 6))).toEqual(['line 2', 'line 4'])
  })

  it('with a BOM and semicolon-free rows is read', async () => {
    const made = await cli.run(['onboard', '--csv', '-', '--json'], `\uFEFFslug,name\nbom-${mark},With a mark\n`)
    expect([made.code, made.stderr]).toEqual([0, ''])
    const twice = await refusal(cli, ['onboard', `bom-${mark}`])
    expect(twice.code).toBe('tenant.exists')
  })

  it('with a slug that is taken, and a database that is not there, is refused with their lines', async () => {
    const slug = `bom-${mark}`
    const { code, message, details } = await onboardCsv(`slug,database\nfree-${mark},\n${slug},\nother-${mark},nope\n`)
    expect([code, message]).toEqual(['input.invalid', `The input is not valid: line 3, slug: “${slug}” is taken; choose another one (and 1 more)`])
    expect(details).toMatchObject({ problems: [{ line: 3 }, { line: 4, column: 'database', message: expect.stringContaining('“nope” is no database here') }] })
  })

  it('goes where --database says, which must be there', async () => {
    expect((await refusal(cli, ['onboard', '--csv', '-', '--database', 'nope'], `slug\nfree-${mark}\n`)).code).toBe('database.unknown')
  })
})

describe('a set directory', () => {
  const sync = (files: Readonly<Record<string, string>>) => refusal(cli, ['sets', 'sync', 'fresh', '--dir', folderOf(files)])

  it('that is missing', async () => {
    expect(await refusal(cli, ['sets', 'sync', 'fresh', '--dir', join(folderOf({}), 'gone')])).toMatchObject({ code: 'set.directory', exit: 2 })
  })

  it('that is empty', async () => {
    expect((await sync({})).code).toBe('set.directory')
  })

  it.each([
    ['with two files of one version', { '0001_a.sql': 'select 1;', '0001_b.sql': 'select 2;' }, { file: '0001_b.sql', rule: 'duplicate_version' }],
    ['with a syntax error', { '0001_a.sql': 'create table a (id int);\n\ncreate tabel b (id int);' }, { file: '0001_a.sql', line: 3, column: 8 }],
    ['with COMMIT inside', { '0001_a.sql': 'create table a (id int);\ncommit;' }, { file: '0001_a.sql', line: 2, column: 1 }],
  ])('%s', async (_name, files, place) => {
    const { code, details } = await sync(files)
    expect(code).toBe('set.invalid')
    expect(details.findings).toContainEqual(expect.objectContaining({ level: 'error', ...place }))
  })

  it('is answered with file, line and column under the error', async () => {
    const lines = await linesOf(cli, ['sets', 'sync', 'fresh', '--dir', folderOf({ '0001_a.sql': '\nselekt 1;' })])
    expect(lines[0]).toMatch(/^error set\.invalid: /)
    expect(lines[1]).toMatch(/^ {2}0001_a\.sql:2:1 /)
  })

  it('whose applied file was edited', async () => {
    const dir = folderOf({ '0001_people.sql': 'create table people (id int primary key);' })
    await cli.run(['onboard', `edit-${mark}`])
    expect((await refusal(cli, ['sets', 'sync', 'app', '--dir', dir])).code).toBe('set.edited')
  })
})

describe('a database', () => {
  it.each([
    ['with a wrong address', () => 'mysql://somewhere/x', 'database.url'],
    ['with a wrong password', () => withUrl((url) => (url.password = 'wrong-password')), 'database.auth'],
    ['that is not there', () => withUrl((url) => (url.pathname = '/not_there')), 'database.missing'],
    ['on a host that is not there', () => withUrl((url) => (url.hostname = 'nowhere.invalid')), 'database.unreachable'],
    ['that is there already', () => fleetUrl, 'database.same'],
  ])('%s', async (_name, address, code) => {
    const refused = await refusal(cli, ['databases', 'add', 'other', '--url', address()])
    expect([refused.code, refused.exit]).toEqual([code, 2])
    expect(JSON.stringify(refused)).not.toContain('wrong-password')
  })

  it('whose server is down', async () => {
    const port = await nextFreePort(10_500, '127.0.0.1')
    const { code } = await refusal(cli, ['databases', 'add', 'other', '--url', withUrl((url) => (url.port = String(port)))])
    expect(code).toBe('database.unreachable')
  })
})

describe('the control database', () => {
  it('that does not answer: exit 3', async () => {
    const port = await nextFreePort(10_500, '127.0.0.1')
    const url = new URL(controlUrl)
    url.port = String(port)
    const down = commandLine(url.href)
    for (const words of [['status'], ['migrate'], ['init']]) expect(await refusal(down, words)).toMatchObject({ code: 'control.unreachable', exit: 3 })
  })

  it('with a wrong password: exit 3, and the password stays unsaid', async () => {
    const url = new URL(controlUrl)
    url.password = 'wrong-password'
    const refused = await refusal(commandLine(url.href), ['status'])
    expect(refused).toMatchObject({ code: 'control.unreachable', exit: 3 })
    expect(JSON.stringify(refused)).not.toContain('wrong-password')
  })

  it('that is not set up: init is named', async () => {
    const [error, hint] = await linesOf(commandLine(await databases.empty()), ['status'])
    expect([error?.split(':')[0], hint]).toEqual(['error control.not_ready', expect.stringContaining('tenantry init')])
  })

  it('without a secret', async () => {
    expect(await refusal(commandLine(controlUrl, { TENANTRY_SECRET: '' }), ['status'])).toMatchObject({ code: 'secret.missing', exit: 2 })
  })

  it('named by something that is no address: exit 2 with the variable', async () => {
    const { code, stderr, stdout } = await commandLine(controlUrl, { DATABASE_URL: 'localhost/app' }).run(['status'])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('DATABASE_URL')
  })
})

describe('afterwards', () => {
  it('nothing of the refused was done', async () => {
    const { targets } = (await cli.run(['status', '--json'])).document(statusDocument)
    expect(targets.map(({ tenant }) => tenant)).toEqual([`bom-${mark}`, `edit-${mark}`])
    expect((await cli.run(['runs', 'list', '--json'])).document(runListDocument).runs).toHaveLength(2)
  })
})
