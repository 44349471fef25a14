import { tenantsHref } from '@/components/tenants/tenant-search'
import { formatCount, plural } from '@/lib/format'
import { versionStates, type FleetOverview, type VersionState } from '@/lib/tenancy/contract'
import { versionStateOrder, type ShownVersionState } from './version-state'

export type TruthPart = { readonly text: string; readonly href: string | null; readonly state: ShownVersionState | 'failed' | null }

const isVersionState = (state: ShownVersionState): state is VersionState => (versionStates as readonly string[]).includes(state)

const stateWords: Readonly<Record<ShownVersionState, string>> = {
  at_head: 'at head',
  behind: 'behind',
  ahead: 'ahead',
  diverged: 'diverged',
  unreachable: 'unreachable',
  unobserved: 'not seen yet',
}

/** States that the sentence names even when nobody is in them: their absence is the news. */
const alwaysNamed: ReadonlySet<ShownVersionState> = new Set(['at_head', 'behind', 'unreachable'])

/** "200 tenants" and then what they are, numbers first: the one sentence that somebody reads at 3 a.m. */
export const truthParts = ({ tenants, states, failed }: FleetOverview): readonly TruthPart[] => {
  const parts: TruthPart[] = [{ text: plural(tenants, 'tenant'), href: '/tenants', state: null }]
  for (const state of versionStateOrder) {
    const count = states[state]
    if (count === 0 && !alwaysNamed.has(state)) continue
    parts.push({
      text: `${formatCount(count)} ${stateWords[state]}`,
      href: isVersionState(state) && count > 0 ? tenantsHref({ versionState: [state] }) : null,
      state,
    })
    if (state === 'behind')
      parts.push({ text: `${formatCount(failed)} failed`, href: failed > 0 ? tenantsHref({ failed: true, state: ['active'] }) : null, state: 'failed' })
  }
  return parts
}

export type StripSegment = {
  readonly key: string
  readonly version: string | null
  readonly state: ShownVersionState
  readonly count: number
  readonly href: string
}

const byVersion = (one: string | null, other: string | null): number =>
  one === null ? (other === null ? 0 : -1) : other === null ? 1 : one.localeCompare(other, 'en', { numeric: true })

type Counted = FleetOverview['sets'][number]['versions'][number]

/** What version a target stands at that can't be reached, nobody knows: they count together. */
const joinUnreachable = (versions: readonly Counted[]): readonly Counted[] => {
  const count = versions.reduce((sum, { state, count: own }) => (state === 'unreachable' ? sum + own : sum), 0)
  return [...versions.filter(({ state }) => state !== 'unreachable'), { version: null, state: 'unreachable', count }]
}

/** A set's targets from the oldest version to the newest; what was never seen or can't be read stands apart at the end. */
export const stripOf = ({ set, versions }: FleetOverview['sets'][number]): readonly StripSegment[] => {
  const known = (state: ShownVersionState): number => (state === 'unreachable' || state === 'unobserved' ? 1 : 0)
  return joinUnreachable(versions)
    .filter(({ count }) => count > 0)
    .toSorted((one, other) => known(one.state) - known(other.state) || byVersion(one.version, other.version))
    .map(({ version, state, count }) => ({
      key: `${version ?? 'none'} ${state}`,
      version,
      state,
      count,
      href: tenantsHref({ set: [set], ...(version === null ? {} : { version: [version] }), ...(isVersionState(state) ? { versionState: [state] } : {}) }),
    }))
}

/** What a segment says of itself: "0011", "no migration yet", "unreachable". */
export const segmentName = ({ version, state }: StripSegment): string =>
  state === 'unobserved' ? stateWords.unobserved : (version ?? (state === 'unreachable' ? stateWords.unreachable : 'no migration yet'))

export const stateWord = (state: ShownVersionState): string => stateWords[state]

export type FirstStep = 'database' | 'set' | 'tenant'

/** What is missing before there is a fleet, first things first; null when it is there. */
export const firstStep = ({ databases, sets, tenants }: { readonly databases: number; readonly sets: number; readonly tenants: number }): FirstStep | null =>
  databases === 0 ? 'database' : sets === 0 ? 'set' : tenants === 0 ? 'tenant' : null

const noticeableMs = 10 * 60_000

/** Whether the target that was not seen for longest is noticeably older news than the freshest. */
export const isFarBehind = (newest: string | null, oldest: string | null): boolean =>
  newest !== null && oldest !== null && Date.parse(newest) - Date.parse(oldest) > noticeableMs

const labelledShare = 0.07

/** Whether a segment is wide enough for its version to stand in it. */
export const hasRoom = (count: number, total: number): boolean => total > 0 && count / total >= labelledShare
