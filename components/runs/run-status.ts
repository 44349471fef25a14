import {
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleSlash,
  CircleX,
  Hourglass,
  LoaderCircle,
  PlugZap,
  ScanSearch,
  SkipForward,
} from 'lucide-react'
import type { StateLook } from '@/components/ui/state-badge'
import { runStateLabels, type AttemptState, type ItemState, type RunKind, type RunState, type RunSummary } from '@/lib/tenancy/contract'

/** The one place that says how the states of runs, items and attempts look. */
export const runStateLooks: Readonly<Record<RunState, StateLook>> = {
  queued: { label: runStateLabels.queued, tone: 'quiet', icon: Hourglass },
  running: { label: runStateLabels.running, tone: 'live', icon: LoaderCircle, spin: true },
  pausing: { label: runStateLabels.pausing, tone: 'behind', icon: LoaderCircle, spin: true },
  paused: { label: runStateLabels.paused, tone: 'behind', icon: CirclePause },
  cancelling: { label: runStateLabels.cancelling, tone: 'gone', icon: LoaderCircle, spin: true },
  cancelled: { label: runStateLabels.cancelled, tone: 'quiet', icon: Ban },
  succeeded: { label: runStateLabels.succeeded, tone: 'good', icon: CircleCheck },
  failed: { label: runStateLabels.failed, tone: 'bad', icon: CircleX },
}

const inPart: StateLook = { label: 'In part', tone: 'behind', icon: CircleAlert }

/** What others have answered is there, whoever did not: a report has failed where nobody has answered. @param answered tenants, those of runs before it included */
export const reportLook = (state: RunState, answered: number): StateLook => (state === 'failed' && answered > 0 ? inPart : runStateLooks[state])

/** In a list of runs, which knows how many have answered the run itself. */
export const runLook = ({ kind, state, counts }: Pick<RunSummary, 'kind' | 'state' | 'counts'>): StateLook =>
  kind === 'report' ? reportLook(state, counts.succeeded) : runStateLooks[state]

export const itemStateLooks: Readonly<Record<ItemState, StateLook>> = {
  pending: { label: 'Pending', tone: 'quiet', icon: CircleDashed },
  running: { label: 'Running', tone: 'live', icon: LoaderCircle, spin: true },
  succeeded: { label: 'Succeeded', tone: 'good', icon: CircleCheck },
  failed: { label: 'Failed', tone: 'bad', icon: CircleX },
  skipped: { label: 'Skipped', tone: 'ahead', icon: SkipForward },
  interrupted: { label: 'Interrupted', tone: 'gone', icon: PlugZap },
  cancelled: { label: 'Cancelled', tone: 'quiet', icon: CircleSlash },
}

/** Beside the state of an item that has succeeded. */
export const differentLook: StateLook = { label: 'Different', tone: 'drift', icon: ScanSearch }

export const attemptStateLooks: Readonly<Record<AttemptState, StateLook>> = {
  succeeded: itemStateLooks.succeeded,
  failed: itemStateLooks.failed,
  interrupted: itemStateLooks.interrupted,
}

export const runKindLabels: Readonly<Record<RunKind, string>> = { migrate: 'Rollout', onboard: 'Onboarding', repair: 'Repair', report: 'Report' }
