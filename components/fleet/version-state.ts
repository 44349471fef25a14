import { CircleCheck, CircleDashed, CircleArrowUp, Clock3, GitFork, Unplug } from 'lucide-react'
import type { StateLook } from '@/components/ui/state-badge'
import type { VersionState } from '@/lib/tenancy/contract'

export type ShownVersionState = VersionState | 'unobserved'

/** The one place that says how a version state looks. */
export const versionStateLooks: Readonly<Record<ShownVersionState, StateLook>> = {
  at_head: { label: 'At head', tone: 'good', icon: CircleCheck },
  behind: { label: 'Behind', tone: 'behind', icon: Clock3 },
  ahead: { label: 'Ahead', tone: 'ahead', icon: CircleArrowUp },
  diverged: { label: 'Diverged', tone: 'bad', icon: GitFork },
  unreachable: { label: 'Unreachable', tone: 'gone', icon: Unplug },
  unobserved: { label: 'Not seen', tone: 'quiet', icon: CircleDashed },
}

/** Order of attention: what needs a person first stands last in a strip and first in a list. */
export const versionStateOrder = ['at_head', 'behind', 'ahead', 'diverged', 'unreachable', 'unobserved'] as const satisfies readonly ShownVersionState[]
