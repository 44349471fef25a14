import { BadgeCheck, CircleCheck, CircleDashed, Feather, OctagonAlert, Shapes, Turtle } from 'lucide-react'
import type { StateLook } from '@/components/ui/state-badge'
import { driftStates, type DriftState, type Severity } from '@/lib/tenancy/contract'

/** The one place that says how drift looks. */
export const driftStateLooks: Readonly<Record<DriftState, StateLook>> = {
  norm: { label: 'Norm', tone: 'good', icon: CircleCheck },
  accepted: { label: 'Accepted', tone: 'ahead', icon: BadgeCheck },
  drifted: { label: 'Drifted', tone: 'drift', icon: Shapes },
  unknown: { label: 'Not compared', tone: 'quiet', icon: CircleDashed },
}

export const driftStateOrder: readonly DriftState[] = driftStates

/** What a difference does to an application that counts on the norm. */
export const severityLooks: Readonly<Record<Severity, StateLook>> = {
  breaks: { label: 'Breaks the application', tone: 'bad', icon: OctagonAlert },
  slows: { label: 'Slows it', tone: 'behind', icon: Turtle },
  harmless: { label: 'Harmless', tone: 'quiet', icon: Feather },
}
