import { expect, it } from 'vitest'
import { readView, withView } from '@/components/reports/rows-view'
import { plainRows, type RowsView } from '@/lib/client/queries/reports'

const columns = ['tenant', 'in', 'sum of cents'].map((name) => ({ name }))

it.each<[string, RowsView]>([
  ['', plainRows],
  ['q=%C3%BC+%26&in=in', { ...plainRows, q: 'ü &', column: 'in' }],
  ['sort=sum+of+cents&desc=1', { ...plainRows, sort: 'sum of cents', descending: true }],
])('%j stands for itself in the address', (text, view) => {
  expect(readView(new URLSearchParams(text), columns)).toEqual(view)
  expect(withView(new URLSearchParams(), view).toString()).toBe(text)
})

it('a column that the report does not have is none, and what else stands in the address stays', () => {
  expect(readView(new URLSearchParams('sort=gone&desc=1&in=gone&q=a'), columns)).toEqual({ ...plainRows, q: 'a' })
  expect(withView(new URLSearchParams('tab=rows&chart=bar&q=a&sort=tenant&desc=1'), plainRows).toString()).toBe('tab=rows&chart=bar')
})
