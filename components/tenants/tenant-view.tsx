'use client'

import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { Badge } from '@/components/ui/badge'
import { ErrorState } from '@/components/ui/error-state'
import { Page, PageHeader, Panel } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import { describeReadError } from '@/lib/client/fetch-json'
import { tenantDetailQuery } from '@/lib/client/tenants'
import { may, type Role, type TenantDetail } from '@/lib/tenancy/contract'
import { NotBuilt } from './not-built'
import { PlacementPanels } from './placement-panel'
import { TenantActions, type TenantCommands } from './tenant-actions'
import { TenantAudit } from './tenant-audit'
import { TenantRuns } from './tenant-runs'
import { tenantsHref } from './tenant-search'
import { tenantStateLooks } from './tenant-state'

type Props = { readonly slug: string; readonly role: Role; readonly commands: TenantCommands }

export function TenantView({ slug, role, commands }: Props) {
  const tenant = useQuery(tenantDetailQuery(slug))
  const { data } = tenant
  if (!data) return tenant.isError ? <ErrorState {...describeReadError(tenant.error)} retry={() => void tenant.refetch()} /> : null
  return (
    <Page>
      <PageHeader
        title={
          <span className="flex flex-wrap items-center gap-x-3">
            {data.name}
            <span className="mono text-base font-normal text-muted">{data.slug}</span>
            <StateBadge look={tenantStateLooks[data.state]} variant="soft" />
          </span>
        }
        actions={<TenantActions tenant={data} role={role} commands={commands} />}
      >
        <TenantFacts tenant={data} />
      </PageHeader>
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_380px]">
        <div className="flex min-w-0 flex-col gap-4">
          {data.state === 'provisioning' ? (
            <NotBuilt tenant={data} mayRetry={may(role, 'runs.rerun')} mayDiscard={may(role, 'tenants.onboard')} />
          ) : data.placements.length === 0 ? (
            <Panel title="Placements">
              <p className="px-4 py-3 text-sm text-muted">It has no placement: its data lives in no database of the console.</p>
            </Panel>
          ) : (
            data.placements.map((placement) => (
              <PlacementPanels key={placement.targetId} slug={slug} placement={placement} maySeeSet={may(role, 'sets.read')} />
            ))
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Panel title="Runs that touched it">
            <TenantRuns slug={slug} runs={data.runs} />
          </Panel>
          {may(role, 'audit.read') ? (
            <Panel
              title="Audit"
              actions={
                <Link href={`/audit?subject=${slug}`} className="text-xs text-muted hover:text-ink hover:underline">
                  All
                </Link>
              }
            >
              <TenantAudit slug={slug} />
            </Panel>
          ) : null}
        </div>
      </div>
    </Page>
  )
}

function TenantFacts({ tenant: { state, hosts, labels, createdAt } }: { readonly tenant: TenantDetail }) {
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span>
        {state === 'provisioning' ? 'reserved' : 'onboarded'} <RelativeTime at={createdAt} />
      </span>
      {hosts.map((host) => (
        <span key={host} className="mono">
          {host}
        </span>
      ))}
      {Object.entries(labels).map(([key, value]) => (
        <Link key={key} href={tenantsHref({ label: [`${key}=${value}`] })} className="rounded-sm hover:underline">
          <Badge>
            {key}={value}
          </Badge>
        </Link>
      ))}
    </span>
  )
}
