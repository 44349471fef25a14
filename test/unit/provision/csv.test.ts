import { describe, expect, it } from 'vitest'
import { parseOnboardCsv } from '../../../lib/tenancy/provision/csv.ts'

const problemsOf = (csv: string) => parseOnboardCsv(csv).problems

describe('the CSV of an onboarding', () => {
  it('is read with all of its columns in any order', () => {
    const csv =
      'name,slug,labels,hosts,baseline,schema,database\n"Acme, Inc.",acme,plan=pro; region=eu,acme.example.com www.acme.example;b.acme.example,0012,legacy Acme,eu-1\n'
    expect(parseOnboardCsv(csv)).toEqual({
      rows: [
        {
          slug: 'acme',
          name: 'Acme, Inc.',
          hosts: ['acme.example.com', 'www.acme.example', 'b.acme.example'],
          labels: { plan: 'pro', region: 'eu' },
          baseline: '0012',
          schema: 'legacy Acme',
          database: 'eu-1',
        },
      ],
      problems: [],
    })
  })

  it.each([
    ['a byte order mark and CRLF', '\uFEFFslug,name\r\nacme,Acme\r\nbeta,Beta\r\n'],
    ['semicolons between values', 'slug;name\nacme;Acme\nbeta;Beta'],
    ['tabs between values', 'slug\tname\nacme\tAcme\nbeta\tBeta'],
    ['empty lines and spaces', '\n slug , name \n\nacme, Acme \n,\nbeta,Beta\n\n'],
    ['capital column names', 'Slug,NAME\nacme,Acme\nbeta,Beta'],
    ['old line ends', 'slug,name\racme,Acme\rbeta,Beta'],
  ])('takes %s', (_, csv) => {
    expect(parseOnboardCsv(csv)).toEqual({
      rows: [
        { slug: 'acme', name: 'Acme', hosts: [], labels: {} },
        { slug: 'beta', name: 'Beta', hosts: [], labels: {} },
      ],
      problems: [],
    })
  })

  it('takes short rows and leaves what is not said to its default', () => {
    expect(parseOnboardCsv('slug,name,hosts\nacme').rows).toEqual([{ slug: 'acme', hosts: [], labels: {} }])
  })

  it.each([
    ['', 1, null, 'empty'],
    ['\uFEFF', 1, null, 'empty'],
    ['\n\n', 1, null, 'empty'],
    ['slug,name\n', 1, null, 'no tenant'],
    ['name,hosts\nAcme,x', 1, 'slug', 'missing'],
    ['acme,Acme\nbeta,Beta', 1, 'slug', 'missing'],
    ['slug,colour\nacme,red', 1, 'colour', 'not a column'],
    ['slug,slug\nacme,acme', 1, 'slug', 'twice'],
    ['slug,name\nacme,Acme,extra', 2, null, 'has 3 values'],
    ['slug,name\nacme,"Acme', 2, null, 'not closed'],
    ['slug,name\nacme,Ac"me', 2, null, 'quote'],
    ['slug,labels\nacme,plan', 2, 'labels', 'key=value'],
    ['slug,labels\nacme,Plan=pro', 2, 'labels', 'lower-case'],
    ['slug,labels\nacme,a=1;a=2', 2, 'labels', 'twice'],
    ['slug,hosts\nacme,http://acme', 2, 'hosts', '“http://acme” is not a host name'],
    ['slug,database\nacme,Eu 1', 2, 'database', 'lower-case'],
    ['slug,schema\nacme,pg_x', 2, 'schema', 'is kept for PostgreSQL'],
    ['slug,baseline\nacme,../1', 2, 'baseline', 'prefix'],
    ['slug,name\n,Acme', 2, 'slug', 'empty'],
    [new TextDecoder().decode(Buffer.from('slug,name\nacme,Acme\nmuller,M\u00fcller\n', 'latin1')), 3, null, 'save the file as UTF-8'],
    [new TextDecoder().decode(Buffer.from('\uFEFFslug,name\nacme,Acme\n', 'utf16le')), 1, null, 'save the file as UTF-8'],
    ['slug,name\racme,Ac\u0000me', 2, null, 'save the file as UTF-8'],
  ])('%j is refused at its place', (csv, line, column, message) => {
    const [problem, ...others] = problemsOf(csv)
    expect(others).toEqual([])
    expect(problem).toMatchObject({ line, column })
    expect(problem?.message).toContain(message)
  })

  it.each(["o'brien", 'a"b', 'acme;drop table tenant', 'müller', 'Acme', 'a b', '-a', 'a--b', 'x'.repeat(64), 'admin', 'pg-x'])(
    'refuses the slug %s',
    (slug) => {
      const quoted = `"${slug.replaceAll('"', '""')}"`
      expect(problemsOf(`slug\n${quoted}`)).toMatchObject([{ line: 2, column: 'slug' }])
    },
  )

  it('names the line of every problem, also behind values with line ends, and both places of a doubled slug', () => {
    const csv = 'slug,name\nacme,"two\nlines"\nBad,x\nacme,again\nalso bad,"x\r\ny"\n'
    expect(problemsOf(csv).map(({ line, column }) => [line, column])).toEqual([
      [4, 'slug'],
      [5, 'slug'],
      [6, 'slug'],
    ])
    expect(problemsOf(csv)[1]?.message).toContain('line 2')
  })

  it('takes 10,000 tenants and refuses 10,001', () => {
    const body = Array.from({ length: 10_000 }, (_, index) => `t${index}`).join('\n')
    expect(parseOnboardCsv(`slug\n${body}`).rows).toHaveLength(10_000)
    const { rows, problems } = parseOnboardCsv(`slug\n${body}\none-more`)
    expect(rows).toEqual([])
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ line: 10_002, column: null })
    expect(problems[0]?.message).toContain('10,001')
  })

  it('lists at most 100 problems', () => {
    expect(problemsOf(`slug\n${Array.from({ length: 500 }, () => 'Bad').join('\n')}`)).toHaveLength(100)
  })
})
