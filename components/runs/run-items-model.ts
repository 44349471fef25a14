/** The items table: what its address says, and which pages of it are read. */
import { z } from 'zod'
import { itemStates, type ItemState, type RunItemsInput } from '@/lib/tenancy/contract'
import { runTabs, type RunTab } from './run-model'

export const itemSorts = ['position', 'slug', 'state', 'durationMs', 'attempts'] as const
export type ItemSort = (typeof itemSorts)[number]

export type ItemsView = {
  readonly q: string
  readonly states: readonly ItemState[]
  readonly cause: string | null
  /** Only what is applied, but different from what the migrations make. */
  readonly differs: boolean
  readonly sort: ItemSort
  readonly descending: boolean
}

export type RunAddress = { readonly view: ItemsView; readonly item: string | null; readonly tab: RunTab | null }

export const plainView: ItemsView = { q: '', states: [], cause: null, differs: false, sort: 'position', descending: false }

const member = <T extends string>(list: readonly T[], text: string | null): T | null => list.find((entry) => entry === text) ?? null

const oneOf = <T extends string>(words: readonly T[]) => z.enum([...words], `is none of ${words.join(', ')}`)
const sorts = itemSorts.flatMap((sort) => [sort, `-${sort}`] as const)

/** What the page takes as its address; anything else it refuses in words. */
export const runItemSearch = z.object({
  q: z.string().max(120, 'is longer than 120 characters').optional(),
  state: z.array(oneOf(itemStates)).optional(),
  differs: z.boolean('is neither true nor false').optional(),
  sort: oneOf(sorts).optional(),
  tab: oneOf(runTabs).optional(),
})

/** What isn't understood is left out here: the server has refused it before. */
export const readAddress = (search: URLSearchParams): RunAddress => {
  const sort = search.get('sort') ?? ''
  return {
    view: {
      q: (search.get('q') ?? '').slice(0, 120),
      states: itemStates.filter((state) => search.getAll('state').includes(state)),
      cause: search.get('cause')?.slice(0, 64) || null,
      differs: search.get('differs') === 'true',
      sort: member(itemSorts, sort.replace(/^-/, '')) ?? 'position',
      descending: sort.startsWith('-'),
    },
    item: search.get('item') || null,
    tab: member(runTabs, search.get('tab')),
  }
}

/** The shortest address that reads back the same; starts with "?" or is empty. */
export const writeAddress = ({ view, item, tab }: RunAddress): string => {
  const search = new URLSearchParams()
  if (tab) search.set('tab', tab)
  if (view.q) search.set('q', view.q)
  for (const state of view.states) search.append('state', state)
  if (view.cause) search.set('cause', view.cause)
  if (view.differs) search.set('differs', 'true')
  if (view.sort !== 'position' || view.descending) search.set('sort', `${view.descending ? '-' : ''}${view.sort}`)
  if (item) search.set('item', item)
  const text = search.toString()
  return text === '' ? '' : `?${text}`
}

export const itemsPageSize = 100

export const itemsInput = (run: number, view: ItemsView, page: number): RunItemsInput => ({
  run,
  q: view.q || undefined,
  state: view.states.length > 0 ? [...view.states] : undefined,
  cause: view.cause ?? undefined,
  differs: view.differs || undefined,
  sort: view.sort,
  descending: view.descending,
  offset: page * itemsPageSize,
  limit: itemsPageSize,
})

/** Reads one tenant's item. */
export const itemLookup = (run: number, slug: string): RunItemsInput => ({ run, slug, sort: 'position', descending: false, offset: 0, limit: 1 })

/** Pages that hold rows `first` to `last` of `total`. */
export const pagesOf = (first: number, last: number, total: number): readonly number[] => {
  if (total === 0) return [0]
  const from = Math.floor(Math.max(0, first) / itemsPageSize)
  const to = Math.floor(Math.min(Math.max(first, last), total - 1) / itemsPageSize)
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/** A second click on a column turns its order round. Counting columns begin with the most. */
export const sortAfterClick = (view: ItemsView, sort: ItemSort): ItemsView => {
  if (view.sort === sort) return { ...view, descending: !view.descending }
  return { ...view, sort, descending: sort === 'durationMs' || sort === 'attempts' }
}

export const toggleState = (view: ItemsView, state: ItemState): ItemsView => ({
  ...view,
  states: view.states.includes(state) ? view.states.filter((other) => other !== state) : [...view.states, state],
})

/** "0011 → 0012", "→ 0001" for a new one, "0012" where nothing moved. */
export const versionStep = (from: string | null, to: string | null): string => {
  if (to === null || from === to) return from ?? ''
  return from === null ? `→ ${to}` : `${from} → ${to}`
}
