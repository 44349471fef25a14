import { Archive, CircleDot, CirclePause, LoaderCircle } from 'lucide-react'
import type { StateLook } from '@/components/ui/state-badge'
import type { Isolation, TenantState } from '@/lib/tenancy/contract'

/** The one place that says how a tenant's own state looks. */
export const tenantStateLooks: Readonly<Record<TenantState, StateLook>> = {
  provisioning: { label: 'Provisioning', tone: 'live', icon: LoaderCircle },
  active: { label: 'Active', tone: 'good', icon: CircleDot },
  suspended: { label: 'Suspended', tone: 'behind', icon: CirclePause },
  archived: { label: 'Archived', tone: 'quiet', icon: Archive },
}

export const isolationLabels: Readonly<Record<Isolation, string>> = { shared: 'Shared', schema: 'Schema', database: 'Database' }
