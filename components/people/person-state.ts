import { CircleCheck, CircleSlash, Mail } from 'lucide-react'
import type { StateLook } from '@/components/ui/state-badge'
import type { PersonRow } from '@/lib/tenancy/contract'

/** The one place that says how a person's state looks. */
export const personStateLooks: Readonly<Record<PersonRow['state'], StateLook>> = {
  active: { label: 'Active', tone: 'good', icon: CircleCheck },
  invited: { label: 'Invited', tone: 'live', icon: Mail },
  disabled: { label: 'Disabled', tone: 'gone', icon: CircleSlash },
}
