import { describe, expect, it } from 'vitest'
import { droppedIndexes, indexOf, insideTransaction, isConcurrent } from '../../../lib/tenancy/migrations/statement-kinds.ts'
import { parseStatements, type Statement } from '../../../lib/tenancy/sql/statements.ts'

const parse = async (sql: string): Promise<Statement> => {
  const [statement] = await parseStatements(sql)
  if (!statement) throw new Error('no statement')
  return statement
}

describe('a statement that says CONCURRENTLY', () => {
  it.each([
    ['create index concurrently i on t (a)', 'create index  i on t (a)'],
    ['create unique index CONCURRENTLY if not exists i on t (a)', 'create unique index  if not exists i on t (a)'],
    ['create index concurrently "concurrently" on "größe" (a)', 'create index  "concurrently" on "größe" (a)'],
    ['drop index concurrently i', 'drop index  i'],
    ['alter table p detach partition c concurrently', 'alter table p detach partition c '],
  ])('“%s” runs in a transaction as “%s”', async (sql, inside) => {
    const statement = await parse(sql)
    expect(isConcurrent(statement)).toBe(true)
    const text = insideTransaction(statement)
    expect(text).toBe(inside)
    expect(isConcurrent(await parse(text ?? ''))).toBe(false)
  })

  it('has nothing to do there when it rebuilds what was just built', async () => {
    expect(insideTransaction(await parse('reindex table concurrently t'))).toBeNull()
  })

  it.each(['create index i on t (a)', 'drop index i', 'reindex table t', `select 'concurrently'`])('is not “%s”', async (sql) => {
    const statement = await parse(sql)
    expect(isConcurrent(statement)).toBe(false)
    expect(insideTransaction(statement)).toBe(sql)
  })
})

describe('the index of a statement', () => {
  it('is the one that it makes, with its table', async () => {
    expect(indexOf(await parse('create index concurrently "I" on "T" (a)'))).toEqual({ name: 'I', table: 'T' })
    expect(indexOf(await parse('create index on t (a)'))).toBeNull()
    expect(indexOf(await parse('create table t (a int)'))).toBeNull()
  })

  it('or those that it drops', async () => {
    expect(droppedIndexes(await parse('drop index concurrently a, "B"'))).toEqual(['a', 'B'])
    expect(droppedIndexes(await parse('drop table a'))).toEqual([])
    expect(droppedIndexes(await parse('create index i on t (a)'))).toEqual([])
  })
})
