import { describe, expect, it } from 'vitest'
import { parseStatements, SqlSyntaxError } from '../../../lib/tenancy/sql/statements.ts'

const placesOf = async (script: string) => (await parseStatements(script)).map(({ text, line, column }) => [text, line, column])

describe('a script', () => {
  it('is split where PostgreSQL splits it', async () => {
    expect(await placesOf(`create table a (id int);\n\n  insert into a values (1); -- the end\nselect ';' as "a;b";`)).toEqual([
      ['create table a (id int)', 1, 1],
      ['insert into a values (1)', 3, 3],
      [`select ';' as "a;b"`, 4, 1],
    ])
  })

  it('keeps bodies in dollars whole', async () => {
    const body = `create function f() returns int language plpgsql as $body$\nbegin\n  -- a ; in a comment\n  return 1;\nend;\n$body$`
    expect(await placesOf(`${body};\nselect f()`)).toEqual([
      [body, 1, 1],
      ['select f()', 7, 1],
    ])
  })

  it('begins a statement after the comments before it', async () => {
    expect(await placesOf('-- why\n/* and\n   how */ select 1;\n\n-- next\nselect 2')).toEqual([
      ['select 1', 3, 11],
      ['select 2', 6, 1],
    ])
  })

  it.each([
    ['comments inside comments', '/* a /* b */ c */ select 1'],
    ['comments that look like others', '/* -- */ -- /*\nselect 1'],
    ['stars and slashes', '/***/ /* ** / */select 1'],
  ])('is not led astray by %s', async (_, script) => {
    expect((await parseStatements(script)).map(({ text }) => text)).toEqual(['select 1'])
  })

  it('counts columns in characters, whatever their bytes', async () => {
    expect(await placesOf(`select 'äöü🚀'; select 2`)).toEqual([
      [`select 'äöü🚀'`, 1, 1],
      ['select 2', 1, 16],
    ])
  })

  it.each([
    ['nothing', ''],
    ['blanks', ' \n\t '],
    ['a comment', '-- nothing here\n'],
    ['a block comment', '/* nothing */'],
    ['a comment in a comment', '/* a /* b */ c */'],
  ])('of %s holds no statement', async (_, script) => {
    expect(await parseStatements(script)).toEqual([])
  })

  it('of lone semicolons holds none either', async () => {
    expect(await placesOf(';;select 1;;')).toEqual([['select 1', 1, 3]])
  })

  it('tells the kind of each statement', async () => {
    expect((await parseStatements('create index i on t (a); alter table t add b int; begin; do $$ begin end $$')).map(({ kind }) => kind)).toEqual([
      'IndexStmt',
      'AlterTableStmt',
      'TransactionStmt',
      'DoStmt',
    ])
  })
})

describe('a mistake', () => {
  const mistakeIn = async (script: string): Promise<SqlSyntaxError> => {
    try {
      await parseStatements(script)
    } catch (error) {
      if (error instanceof SqlSyntaxError) return error
      throw error
    }
    throw new Error('no mistake was found')
  }

  it.each([
    ['in the first line', 'selekt 1', 1, 1],
    ['further down', 'select 1;\n\nselect 2,\n  from;\n', 4, 3],
    ['after letters of several bytes', `select 'äöü🚀';\nselect 'äöü' frm x y`, 2, 18],
  ])('%s is said with line and column', async (_, script, line, column) => {
    const mistake = await mistakeIn(script)
    expect(mistake.message).toContain('syntax error')
    expect([mistake.line, mistake.column]).toEqual([line, column])
  })

  it('of a quote that never ends is found too', async () => {
    expect((await mistakeIn(`select 1;\nselect 'never`)).line).toBe(2)
  })
})
