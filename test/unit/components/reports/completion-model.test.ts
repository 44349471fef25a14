import { describe, expect, it } from 'vitest'
import { columnsFor, isNewName, isTablePlace, tablesIn } from '@/components/reports/completion-model'
import { quoted } from '@/components/reports/quoted-name'

const tables = { invoices: ['id', 'total_cents', 'paid_on'], invoice_lines: ['id', 'invoice_id'], Odd: ['Some column'] }

describe('a name that the author makes up', () => {
  it.each([
    'select count(*) as ',
    'select count(*) ',
    'select total_cents ',
    'select "Some column" ',
    "select 'x' ",
    'select 1 as n from invoices ',
    'select xs[1] ',
    'with paid ',
    'with ',
    'with recursive ',
  ])('comes behind %j', (before) => expect(isNewName(before)).toBe(true))
  it.each([
    '',
    'select ',
    'select n, ',
    'select sum(',
    'from ',
    'select n from invoices i where ',
    'select n\nFROM\n',
    'select a + ',
    'where a = b and ',
    'select i.',
    'case when ',
  ])('does not come behind %j', (before) => expect(isNewName(before)).toBe(false))
})

describe('columns that are offered', () => {
  const names = (text: string) => columnsFor(text, tables).map(({ name }) => name)
  it('are those of all tables while none is named', () => {
    expect(columnsFor('select ', tables)).toEqual([
      { name: 'id', tables: 'invoices and 1 more' },
      { name: 'total_cents', tables: 'invoices' },
      { name: 'paid_on', tables: 'invoices' },
      { name: 'invoice_id', tables: 'invoice_lines' },
      { name: 'Some column', tables: 'Odd' },
    ])
    expect(names('select from nowhere')).toHaveLength(5)
  })
  it('are those of the tables that are read, however they are named', () => {
    expect(names('select  from invoice_lines l')).toEqual(['id', 'invoice_id'])
    expect(tablesIn('select 1 FROM Invoices AS i, invoice_lines l where true', tables)).toEqual(['invoices', 'invoice_lines'])
    expect(tablesIn('with x as (select 1 from invoices) select 1 from x join "Odd" o on true', tables)).toEqual(['invoices', 'Odd'])
    expect(tablesIn('select invoices from x', tables)).toEqual([])
  })
  it('are quoted where their name says something else without', () =>
    expect(['user', 'order', 'name', 'total_cents', 'Some "column'].map(quoted)).toEqual(['"user"', '"order"', 'name', 'total_cents', '"Some ""column"']))
  it('are none where a table is named', () => {
    expect(['select 1 from ', 'x JOIN\n'].map(isTablePlace)).toEqual([true, true])
    expect(['select ', 'select 1 from invoices where '].map(isTablePlace)).toEqual([false, false])
  })
})
