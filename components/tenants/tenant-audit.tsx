'use client'

import { useQuery } from '@tanstack/react-query'
import { AuditDetails } from '@/components/audit/audit-details'
import { ErrorState } from '@/components/ui/error-state'
import { RelativeTime } from '@/components/ui/relative-time'
import { SkeletonRows } from '@/components/ui/skeleton'
import { describeReadError } from '@/lib/client/fetch-json'
import { tenantAuditQuery } from '@/lib/client/tenants'

export function TenantAudit({ slug }: { readonly slug: string }) {
  const audit = useQuery(tenantAuditQuery(slug))
  if (audit.isError && !audit.data)
    return (
      <div className="p-4">
        <ErrorState compact {...describeReadError(audit.error)} retry={() => void audit.refetch()} />
      </div>
    )
  if (!audit.data) return <SkeletonRows rows={4} />
  if (audit.data.length === 0) return <p className="px-4 py-3 text-sm text-muted">0 changes by people are on record.</p>
  return (
    <ul>
      {audit.data.map((row) => (
        <li key={row.id} className="border-b border-line px-4 py-2 text-sm last:border-0">
          <p className="flex items-baseline gap-3">
            <span className="mono min-w-0 flex-1 truncate">{row.action}</span>
            <RelativeTime at={row.at} className="text-xs text-faint" />
          </p>
          <p className="truncate text-xs text-muted">{row.actor}</p>
          <div className="text-xs text-muted">
            <AuditDetails details={row.details} />
          </div>
        </li>
      ))}
    </ul>
  )
}
