/** `tenantry report`: a file, a saved report, or what an earlier run has found; as text, document or workbook. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, inflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorDocument, reportDocument, reportScheduleDocument, savedReportListDocument } from '../../../lib/cli/documents.ts'
import { formatCount } from '../../../lib/format.ts'
import { savedReportContent } from '../../../lib/tenancy/contract/index.ts'
import { commandLine, type CommandLine } from '../../support/command-line.ts'
import { ada, makeFleet, ownSlugs, schemaOf, type Fleet } from '../../support/fleet.ts'
import { useDatabases } from '../../support/template.ts'

const databases = useDatabases()
const { mark, newSlug } = ownSlugs('rc')
const slugs = ['a', 'b'].map(newSlug)
const [first = '', second = ''] = slugs
let fleet: Fleet
let cli: CommandLine

beforeAll(async () => {
  fleet = await makeFleet(databases)
  cli = commandLine(fleet.controlUrl)
  const worker = await fleet.work()
  await fleet.ended(await fleet.onboard(slugs))
  await worker.stop()
  for (const slug of slugs) await fleet.sql`insert into ${fleet.sql(schemaOf(slug))}.customer (email) values ('=1+1'), ('bob')`
  await fleet.tenancy.reports.saved.create(
    ada,
    savedReportContent.parse({
      name: 'Customers by letter',
      set: 'app',
      sql: '-- :like text\nselect count(*) as customers from customer where email like :like',
      params: { like: '%' },
      combine: 'select sum(customers) as customers from results',
    }),
  )
})
afterAll(async () => {
  await fleet.dropRoles(mark)
  await fleet.close()
})

const file = (name: string): string => join(fleet.folder, name)

describe('a saved report', () => {
  it('prints what it combines its rows to, with its own values', async () => {
    const { code, stdout, stderr } = await cli.run(['report', '--saved', 'customers BY letter', '--format', 'csv'])
    expect([code, stdout]).toEqual([0, 'customers\n4\n'])
    expect(stderr).toContain('2 of 2 tenants answered with 2 rows')
  })

  it('prints its rows where that is asked, with other values and tenants for once', async () => {
    const { stdout } = await cli.run(['report', '--saved', 'Customers by letter', '--rows', '--param', 'like=b%', '--tenants', second, '--format', 'csv'])
    expect(stdout).toBe(`tenant,customers\n${second},1\n`)
  })

  it('is one document', async () => {
    const { document } = await cli.run(['report', '--saved', 'Customers by letter', '--rows', '--json'])
    expect(document(reportDocument)).toMatchObject({
      run: { set: 'app', state: 'succeeded', tenants: 2, answered: 2, rows: 2, silent: [] },
      columns: [
        { name: 'tenant', type: 'text' },
        { name: 'customers', type: 'bigint' },
      ],
      rows: [
        { tenant: first, customers: '2' },
        { tenant: second, customers: '2' },
      ],
    })
  })
})

describe('saved reports', () => {
  it('are listed, with when they ran and will run', async () => {
    const set = await cli.run(['reports', 'schedule', 'customers by letter', '30 7 * * 1', '--timezone', 'Europe/Berlin', '--json'])
    expect(set.document(reportScheduleDocument).schedule).toMatchObject({ cron: '30 7 * * 1', timezone: 'Europe/Berlin', enabled: true, lastRun: null })
    const { reports } = (await cli.run(['reports', 'list', '--json'])).document(savedReportListDocument)
    expect(reports).toMatchObject([
      {
        name: 'Customers by letter',
        set: 'app',
        owner: 'ada@example.com',
        revision: 1,
        lastRun: { state: 'succeeded', tenants: 2 },
        schedule: { cron: '30 7 * * 1' },
      },
    ])
    const { stdout } = await cli.run(['reports', 'list'])
    for (const words of ['Customers by letter', '2 of 2 answered', '30 7 * * 1 Europe/Berlin, next ']) expect(stdout).toContain(words)
    expect((await cli.run(['reports', 'schedule', 'Customers by letter', '--off', '--json'])).document(reportScheduleDocument).schedule).toBeNull()
  })

  it.each([
    ['a schedule that is none', ['Customers by letter', '61 * * * *'], 'report.cron'],
    ['no schedule', ['Customers by letter'], 'input.invalid'],
    ['a report that is not there', ['Nobody’s', '0 7 * * 1'], 'report.saved_unknown'],
  ])('are not scheduled by %s', async (_, words, code) => {
    const ended = await cli.run(['reports', 'schedule', ...words, '--json'])
    expect([ended.code, ended.document(errorDocument).error.code]).toEqual([2, code])
  })
})

describe('what cannot come to anything', () => {
  const runs = async () => (await fleet.control`select id from run`).length

  it.each([
    ['rows that cannot be combined', ['--combine', 'bad.sql'], 'pg_authid'],
    ['a file in a folder that is not there', ['--out', '/nowhere/at/all.csv'], '/nowhere/at'],
  ])('is not asked for: %s', async (_, options, said) => {
    writeFileSync(file('bad.sql'), 'select rolname from pg_authid')
    const before = await runs()
    const given = options.map((option) => (option === 'bad.sql' ? file(option) : option))
    const { code, stderr } = await cli.run(['report', '-', ...given], 'select email from customer')
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)])
    expect(await runs()).toBe(before)
  })
})

describe('what a run has found', () => {
  it('is printed again, and combined otherwise; who did not answer is asked again by its run', async () => {
    await fleet.sql.unsafe(`alter table ${schemaOf(second)}.customer rename to away`)
    const asked = await cli.run(['report', '-', '--json'], 'select email from customer order by id')
    await fleet.sql.unsafe(`alter table ${schemaOf(second)}.away rename to customer`)
    const { run } = asked.document(reportDocument)
    expect([asked.code, run.answered, run.silent]).toMatchObject([1, 1, [{ code: '42P01', tenants: [second] }]])
    expect(asked.stderr).toContain(`tenantry runs rerun ${run.id} asks them again`)
    const rerun = await cli.run(['runs', 'rerun', String(run.id), '--json'])
    expect(rerun.code).toBe(0)
    const child = String(JSON.parse(rerun.stdout).run.id)
    const again = await cli.run(['report', '--run', child, '--format', 'csv'])
    expect([again.code, again.stdout]).toEqual([0, `tenant,email\n${slugs.map((slug) => `${slug},'=1+1\n${slug},bob\n`).join('')}`])
    writeFileSync(file('count.sql'), 'select count(*) as n from results')
    expect((await cli.run(['report', '--run', child, '--combine', file('count.sql'), '--format', 'csv'])).stdout).toBe('n\n4\n')
    const old = await cli.run(['report', '--run', String(run.id), '--format', 'csv'])
    expect([old.code, old.stdout]).toEqual([1, `tenant,email\n${first},'=1+1\n${first},bob\n`])
  })
})

describe('a tenant that lacks a column', () => {
  it('answers with NULL where that is asked for, and is told by name', async () => {
    await fleet.tenancy.observation.now({ structure: true })
    const table = `${schemaOf(second)}.customer`
    await fleet.sql.unsafe(`alter table ${table} rename column email to away`)
    const asked = await cli.run(['report', '-', '--missing', 'null', '--format', 'csv'], 'select id, email from customer order by id')
    const json = await cli.run(['report', '-', '--missing', 'null', '--json'], 'select count(email) as n from customer')
    const named = await cli.run(['report', '-', '--missing', 'name'], 'select id, email from customer')
    await fleet.sql.unsafe(`alter table ${table} rename column away to email`)
    expect([asked.code, asked.stdout]).toEqual([0, `tenant,id,email\n${first},1,'=1+1\n${first},2,bob\n${second},1,\n${second},2,\n`])
    expect(asked.stderr).toContain(`1 tenant answered without all that was asked for: no column customer.email: ${second}\n`)
    expect(json.document(reportDocument)).toMatchObject({
      run: { answered: 2, silent: [], filled: [{ lacks: [{ table: 'customer', columns: ['email'] }], tenants: [second] }] },
      rows: [{ n: '2' }, { n: '0' }],
    })
    expect([named.code, named.stderr]).toEqual([1, expect.stringContaining('1 tenant did not answer')])
  })
})

describe('a combined answer of more rows than a screen takes', () => {
  const many = 'select n from generate_series(1, 18000) n order by n'
  const numbers = Array.from({ length: 18_000 }, (_, index) => String(index + 1))
  let combining: readonly string[]
  let runId = ''

  beforeAll(async () => {
    writeFileSync(file('many.sql'), many)
    const { document } = await cli.run(['report', '-', '--json'], 'select email from customer')
    runId = String(document(reportDocument).run.id)
    combining = ['report', '--run', runId, '--combine', file('many.sql')]
  })

  it('is all there as CSV and as a table', async () => {
    const csv = await cli.run([...combining, '--format', 'csv'])
    expect([csv.code, csv.stdout]).toEqual([0, `n\n${numbers.join('\n')}\n`])
    const table = await cli.run([...combining, '--format', 'table'])
    expect([table.code, table.stdout.trim().split(/\s+/)]).toEqual([0, ['n', ...numbers]])
  })

  it('is all there as one document, which says that nothing was cut off', async () => {
    const { code, document } = await cli.run([...combining, '--json'])
    const { rows, cut } = document(reportDocument)
    expect([code, cut, rows.length, rows.at(-1)]).toEqual([0, false, 18_000, { n: '18000' }])
  })

  it('is all there in a workbook', async () => {
    const { code, stderr } = await cli.run([...combining, '--out', file('many.xlsx')])
    expect([code, stderr]).toEqual([0, expect.stringContaining(`Written to ${file('many.xlsx')}.`)])
    const workbook = readFileSync(file('many.xlsx'))
    const from = workbook.readUInt16LE(26) + workbook.readUInt16LE(28) + 30
    const sheet = inflateRawSync(workbook.subarray(from), { finishFlush: constants.Z_SYNC_FLUSH }).toString()
    expect([...sheet.matchAll(/<row /g)].length).toBe(18_001)
    expect(sheet).toContain('<c r="A18001"><v>18000</v></c>')
  })

  it('is all there from a saved report', async () => {
    const content = savedReportContent.parse({ name: 'Many', set: 'app', sql: 'select email from customer', combine: many })
    await fleet.tenancy.reports.saved.create(ada, content)
    const { code, stdout } = await cli.run(['report', '--saved', 'Many', '--format', 'csv'])
    expect([code, stdout.split('\n').length]).toEqual([0, 18_002])
  })

  it('is not begun where nothing can be written, and takes no file for whole that is none', async () => {
    expect((await cli.run([...combining, '--out', fleet.folder])).stderr).toContain('cannot be written')
    writeFileSync(file('breaks.sql'), 'select 1 / (n - 15000) as n from generate_series(1, 18000) n')
    const { code, stderr, document } = await cli.run(['report', '--run', runId, '--combine', file('breaks.sql'), '--json'])
    const { rows, cut } = document(reportDocument)
    expect([code, cut, rows.length < 15_000]).toEqual([1, true, true])
    expect(stderr).toContain(
      `Only the first ${formatCount(rows.length)} combined rows are there. The rows of report ${runId} could not be combined: division by zero`,
    )
  })
})

describe('a tenant that is named and suspended', () => {
  const selection = { kind: 'tenants' as const, slugs: [second] }
  beforeAll(() => fleet.tenancy.tenants.suspend(ada, { selection, reason: '' }))
  afterAll(() => fleet.tenancy.tenants.activate(ada, { selection, reason: '' }))

  it.each([
    ['by the command', () => cli.run(['report', '-', '--tenants', slugs.join(','), '--json'], 'select count(*) as n from customer')],
    [
      'by a saved report',
      async () => {
        const content = { name: 'Two named', set: 'app', sql: 'select count(*) as n from customer', selection: { kind: 'tenants', slugs } }
        await fleet.tenancy.reports.saved.create(ada, savedReportContent.parse(content))
        return cli.run(['report', '--saved', 'Two named', '--json'])
      },
    ],
  ])('%s has not answered, and is told in the document', async (_, ask) => {
    const { code, stderr, document } = await ask()
    expect([code, document(reportDocument)]).toMatchObject([1, { run: { tenants: 1, answered: 1, leftOut: [second] }, rows: [{ tenant: first, n: '2' }] }])
    expect(stderr).toContain('1 of 2 tenants answered with 1 row')
    expect(stderr).toContain(`1 tenant named and not asked, for not being active: ${second}\n`)
  })

  it('with nobody beside it is refused by name, with its state', async () => {
    const { code, stderr } = await cli.run(['report', '-', '--tenants', second], 'select count(*) as n from customer')
    expect([code, stderr]).toEqual([2, expect.stringContaining(`error report.none_active: None of the tenants named can be asked: ${second} (suspended).`)])
  })
})

describe('a file', () => {
  it.each([
    ['csv', (bytes: Buffer) => expect(bytes.toString()).toBe(`tenant,n\n${first},2\n${second},2\n`)],
    ['json', (bytes: Buffer) => expect(reportDocument.parse(JSON.parse(bytes.toString())).rows).toHaveLength(2)],
    ['xlsx', (bytes: Buffer) => expect([bytes.toString('latin1', 0, 2), bytes.includes('xl/workbook.xml')]).toEqual(['PK', true])],
  ])('is written as %s', async (format, judge) => {
    const { code, stdout, stderr } = await cli.run(['report', '-', '--format', format, '--out', file(`rows.${format}`)], 'select count(*) as n from customer')
    expect([code, stdout]).toEqual([0, ''])
    expect(stderr).toContain(`Written to ${file(`rows.${format}`)}.`)
    judge(readFileSync(file(`rows.${format}`)))
  })

  it('is written as its name ends, unless the format is said', async () => {
    const asked = 'select count(*) as n from customer'
    expect((await cli.run(['report', '-', '--out', file('Rows.JSON')], asked)).code).toBe(0)
    expect(reportDocument.parse(JSON.parse(readFileSync(file('Rows.JSON'), 'utf8'))).rows).toHaveLength(2)
    expect((await cli.run(['report', '-', '--out', file('book.xlsx')], asked)).code).toBe(0)
    expect(readFileSync(file('book.xlsx')).toString('latin1', 0, 2)).toBe('PK')
    expect((await cli.run(['report', '-', '--format', 'csv', '--out', file('rows.json')], asked)).code).toBe(0)
    expect(readFileSync(file('rows.json'), 'utf8')).toBe(`tenant,n\n${first},2\n${second},2\n`)
    expect((await cli.run(['report', '-', '--out', file('rows.txt')], asked)).code).toBe(0)
    expect(readFileSync(file('rows.txt'), 'utf8')).toMatch(/^tenant +n\n/)
  })

  it('that cannot be written loses nothing', async () => {
    const { document } = await cli.run(['report', '-', '--json', '--out', fleet.folder], 'select 1 as a')
    const { code, message } = document(errorDocument).error
    expect([code, message]).toEqual(['input.invalid', expect.stringContaining('tenantry report --run')])
  })
})

describe('is refused:', () => {
  it.each([
    ['nothing named', [], 'Give one of'],
    ['two things named', ['-', '--run', '1'], 'Give one of'],
    ['a workbook for the terminal', ['-', '--format', 'xlsx'], '--out FILE'],
    ['a format of none', ['-', '--format', 'parquet'], 'table, csv, json, xlsx'],
    ['the set of a saved report', ['--saved', 'x', '--set', 'app'], '--set cannot stand beside --saved'],
    ['values for a run that was', ['--run', '1', '--param', 'a=b', '--row-cap', '5'], '--row-cap and --param cannot stand beside --run'],
    ['what stands for NULL in no word of ours', ['-', '--missing', 'zero'], 'missing is none of name, null'],
    ['the same beside a saved report', ['--saved', 'x', '--missing', 'null'], '--missing cannot stand beside --saved'],
    ['the same beside a run', ['--run', '1', '--missing', 'null'], '--missing cannot stand beside --run'],
    ['rows of what has nothing else', ['-', '--rows'], '--rows is for --saved'],
  ])('%s', async (_, words, said) => {
    const { code, stdout, stderr } = await cli.run(['report', ...words], 'select 1 as a')
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('error input.invalid')
    expect(stderr).toContain(said)
  })

  it.each([
    ['a saved report that is not there', ['--saved', 'Nobody’s'], 'report.saved_unknown'],
    ['a run that is none', ['--run', '4711'], 'report.unknown'],
  ])('%s', async (_, words, code) => {
    const ended = await cli.run(['report', ...words, '--json'])
    expect([ended.code, ended.document(errorDocument).error.code]).toEqual([2, code])
  })
})
