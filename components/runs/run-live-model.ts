/** What the browser knows of a run, and how a message of its event stream moves that on. */
import {
  isFinalRun,
  itemLetters,
  itemStates,
  type ItemState,
  type RunDetail,
  type RunEvent,
  type RunItemPage,
  type RunItemsInput,
  type RunMap,
} from '@/lib/tenancy/contract'

export type RunLive = {
  readonly run: RunDetail
  /** One letter an item; empty until the map was read. */
  readonly letters: string
  readonly slugs: readonly string[]
  readonly rate: number | null
  readonly etaMs: number | null
  /** The revision up to which `letters` is right: where the stream goes on from. */
  readonly revision: number
}

export const liveFrom = (run: RunDetail, map: RunMap): RunLive => ({
  run,
  letters: map.letters,
  slugs: map.slugs,
  rate: null,
  etaMs: null,
  revision: map.revision,
})

const applyChanges = (letters: string, changes: RunEvent['changes']): string => {
  if (changes.length === 0) return letters
  const cells = letters.split('')
  // Positions count from 1.
  for (const [position, letter] of changes) cells[position - 1] = letter
  return cells.join('')
}

/**
 * A message older than what is known changes nothing: after a reconnect the stream may repeat itself.
 * Equal revisions still count, because pausing and resuming change the state without an item moving.
 */
export const applyRunEvent = (live: RunLive, event: RunEvent): RunLive => {
  if (event.run !== live.run.id || event.revision < live.revision) return live
  return {
    ...live,
    run: {
      ...live.run,
      state: event.state,
      counts: event.counts,
      stopReason: event.stopReason,
      waitsFor: event.waitsFor,
      servers: live.run.servers.map((server) => ({ ...server, pace: event.paces[server.server] ?? null })),
      revision: event.revision,
    },
    letters: event.map ?? applyChanges(live.letters, event.changes),
    rate: event.rate,
    etaMs: event.etaMs,
    revision: event.revision,
  }
}

/** What has to be read again from the server after a message, because the stream carries numbers and letters only. */
export const staleAfter = (before: RunLive, event: RunEvent): { readonly items: boolean; readonly detail: boolean } => ({
  items: event.changes.length > 0 || event.map !== null,
  detail: before.run.state !== event.state || (isFinalRun(event.state) && before.run.verified === null),
})

/** Positions whose items have changed, or all of them. */
export type ChangedItems = ReadonlySet<number> | 'all'

export const changedItems = (before: ChangedItems, event: RunEvent): ChangedItems =>
  before === 'all' || event.map !== null ? 'all' : new Set([...before, ...event.changes.map(([position]) => position)])

const isPlain = ({ q, slug, state, cause, differs, sort }: RunItemsInput): boolean =>
  q === undefined && slug === undefined && state === undefined && cause === undefined && differs === undefined && sort === 'position'

/**
 * Whether a page of items has to be read again. In the order of the plan a change elsewhere moves nothing here; under a filter or another order any change may
 * bring another item in.
 */
export const isPageStale = (changed: ChangedItems, input: RunItemsInput, page: RunItemPage | undefined): boolean =>
  changed === 'all' || page === undefined || !isPlain(input) || page.rows.some(({ position }) => changed.has(position))

const stateOfLetter = new Map<string, ItemState>(itemStates.map((state) => [itemLetters[state], state]))

/** The state of the item at a position. A letter that no state has reads as pending: a newer server may know more states than this page. */
export const itemStateAt = (letters: string, position: number): ItemState => stateOfLetter.get(letters[position - 1] ?? '') ?? 'pending'

/**
 * Rows and map come by different ways, and either may be ahead of the other for a moment. An outcome that can't be undone is right
 * whoever says it; for everything else the map's word counts, which moves with the stream.
 */
export const shownState = (row: { readonly state: ItemState; readonly position: number }, letters: string): ItemState =>
  letters === '' || row.state === 'succeeded' || row.state === 'skipped' || row.state === 'cancelled' ? row.state : itemStateAt(letters, row.position)
