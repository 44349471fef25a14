'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import { Building2, Layers, Shapes } from 'lucide-react'
import Link from 'next/link'
import type { Observe } from '@/components/tenants/bulk-part'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import { Page, PageHeader } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { driftQueries } from '@/lib/client/queries/drift'
import type { DriftSet } from '@/lib/tenancy/contract'
import { ControlPanel } from './control-panel'
import type { CancelLook, IgnoreFacets } from './drift-actions'
import { driftHeadline, oldestOf } from './drift-model'
import { LookAgain } from './look-again'
import { LooksUnderWay } from './looks-under-way'
import { SetPanel } from './set-panel'

type Props = {
  /** One set alone; null: all of them. */
  readonly only: string | null
  /** Null for those who may only look; likewise below. */
  readonly observe: Observe | null
  readonly cancelLook: CancelLook | null
  readonly ignore: IgnoreFacets | null
  readonly mayOnboard: boolean
}

const targetsOf = ({ compared, unknown }: DriftSet): number => compared + unknown

/** Every structure of the fleet as a handful of shapes. */
export function DriftView({ only, observe, cancelLook, ignore, mayOnboard }: Props) {
  const { data } = useSuspenseQuery(driftQueries.overview)
  const sets = only === null ? data.sets : data.sets.filter(({ set }) => set === only)
  const compared = sets.reduce((sum, set) => sum + set.compared, 0)
  const targets = sets.reduce((sum, set) => sum + targetsOf(set), 0)
  const oldest = oldestOf(sets)
  return (
    <Page>
      <PageHeader
        title={only === null ? 'Drift' : <span className="mono">{only}</span>}
        actions={observe && compared > 0 ? <LookAgain observe={observe} /> : null}
      >
        {targets === 0 ? (
          'Nothing to compare yet.'
        ) : sets.length === 1 ? (
          'Each tenant’s structure, compared with what the migrations of its version make.'
        ) : (
          <>
            {driftHeadline(sets)}
            {oldest === null ? null : (
              <>
                {' '}
                Oldest look <RelativeTime at={oldest} />.
              </>
            )}
          </>
        )}
      </PageHeader>
      <LooksUnderWay cancel={cancelLook} />
      {only === null ? <ControlPanel /> : null}
      {targets === 0 ? (
        <NothingThere hasSets={data.sets.length > 0} mayOnboard={mayOnboard} />
      ) : compared === 0 && sets.every(({ shapes }) => shapes.length === 0) ? (
        <NeverLooked observe={observe} only={only} />
      ) : (
        sets.filter((set) => targetsOf(set) > 0).map((set) => <SetPanel key={set.set} set={set} ignore={ignore} />)
      )}
    </Page>
  )
}

function NothingThere({ hasSets, mayOnboard }: { readonly hasSets: boolean; readonly mayOnboard: boolean }) {
  return (
    <EmptyState
      icon={hasSets ? Building2 : Layers}
      title={hasSets ? '0 tenants are on it yet' : 'No migration set yet'}
      {...(mayOnboard ? { command: hasSets ? 'npx tenantry onboard acme --name "Acme Inc."' : 'npx tenantry sets sync app --dir ./migrations' } : {})}
      action={
        mayOnboard ? (
          <Button asChild variant="primary">
            <Link href={hasSets ? '/tenants/new' : '/migrations'}>{hasSets ? 'Onboard the first' : 'Add a set'}</Link>
          </Button>
        ) : undefined
      }
    >
      Each tenant’s structure is compared with what the migrations of its version make in an empty schema.
    </EmptyState>
  )
}

function NeverLooked({ observe, only }: { readonly observe: Observe | null; readonly only: string | null }) {
  return (
    <EmptyState
      icon={Shapes}
      title="No structure has been looked at yet"
      action={observe ? <LookAgain observe={observe} first /> : undefined}
      {...(observe ? { command: `npx tenantry drift${only === null ? '' : ` --set ${only}`} --refresh` } : {})}
    >
      A look reads the catalog of each database, replays the migrations in a transaction that is rolled back, and compares. No tenant’s table is opened. It is
      done every night by itself.
    </EmptyState>
  )
}
