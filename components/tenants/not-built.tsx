import Link from 'next/link'
import { itemStateLooks } from '@/components/runs/run-status'
import { Button } from '@/components/ui/button'
import { Facts } from '@/components/ui/facts'
import { Panel } from '@/components/ui/page-header'
import { StateBadge } from '@/components/ui/state-badge'
import type { TenantDetail } from '@/lib/tenancy/contract'
import { buildingOf } from './tenant-model'

type Props = { readonly tenant: TenantDetail; readonly mayRetry: boolean; readonly mayDiscard: boolean }

/** A tenant that was reserved and is not there yet: how its onboarding stands, and what can be done. Nothing that is in its way is shown as its own. */
export function NotBuilt({ tenant, mayRetry, mayDiscard }: Props) {
  const last = tenant.runs.find(({ kind }) => kind === 'onboard')
  const { title, next, isOver } = buildingOf(tenant, { mayRetry, mayDiscard })
  return (
    <Panel title={title} actions={last ? <StateBadge look={itemStateLooks[last.state]} variant="soft" /> : null}>
      <div className="flex flex-col gap-3 px-4 py-3 text-sm">
        {last?.error ? (
          <div className="break-words">
            <p className="text-bad-ink">{last.error.message}</p>
            {last.error.hint === null ? null : <p className="text-muted">{last.error.hint}</p>}
          </div>
        ) : null}
        <p className="max-w-[80ch] text-muted">{next}</p>
        {last ? (
          <div>
            <Button asChild variant={isOver && mayRetry ? 'primary' : 'secondary'}>
              <Link href={`/runs/${last.run}?item=${tenant.slug}`}>{isOver && mayRetry ? `Try again from run ${last.run}` : `Open run ${last.run}`}</Link>
            </Button>
          </div>
        ) : null}
      </div>
      {tenant.placements.map(({ targetId, set, database, schema }) => (
        <Facts
          key={targetId}
          className="border-t border-line"
          items={[
            ['Set', <Name key="n">{set}</Name>],
            ['Reserved in database', <Name key="d">{database}</Name>],
            ['Reserved schema', <Name key="s">{schema}</Name>],
          ]}
        />
      ))}
    </Panel>
  )
}

function Name({ children }: { readonly children: string }) {
  return <span className="mono">{children}</span>
}
