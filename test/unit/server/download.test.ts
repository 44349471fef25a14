import { expect, it } from 'vitest'
import { csvTexts, download } from '../../../lib/server/download.ts'

type Row = { readonly name: string; readonly count: number | null; readonly hidden: string }
const row = (name: string, count: number | null): Row => ({ name, count, hidden: 'not a column' })

async function* pagesOf(pages: readonly (readonly Row[])[], asked: number[] = []): AsyncGenerator<readonly Row[]> {
  for (const [index, page] of pages.entries()) {
    asked.push(index)
    yield page
  }
}
const fileOf = (pages: AsyncIterable<readonly Row[]>): Response =>
  download(
    'things',
    'csv',
    csvTexts(pages, ['name', 'count'], (one) => one),
  )

it('is one CSV of all pages with its head once, in which no cell is a formula', async () => {
  const answer = fileOf(pagesOf([[row('a,b', 1), row('=1+1', null)], [], [row('c', 2)]]))
  expect(await answer.text()).toBe(`name,count\n"a,b",1\n'=1+1,\nc,2\n`)
  expect(answer.headers.get('Content-Type')).toBe('text/csv; charset=utf-8')
  expect(answer.headers.get('Content-Disposition')).toMatch(/^attachment; filename="tenantry-things-\d{4}-\d\d-\d\d\.csv"$/)
})

it('has its head when there are no rows', async () => {
  expect(await fileOf(pagesOf([[]])).text()).toBe('name,count\n')
})

it('reads a page when the reader takes it, and none after it has gone', async () => {
  const asked: number[] = []
  const reader = fileOf(pagesOf([[row('a', 1)], [row('b', 2)], [row('c', 3)], [row('d', 4)]], asked)).body?.getReader()
  await reader?.read()
  await reader?.cancel()
  expect(asked.length).toBeLessThan(4)
})
