'use client'

import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { hasSeveralServers, shapeName } from '@/components/drift/drift-model'
import { driftStateLooks } from '@/components/drift/drift-state'
import { versionStateLooks } from '@/components/fleet/version-state'
import { Button } from '@/components/ui/button'
import { cn } from '@/components/ui/class-names'
import { SearchField } from '@/components/ui/search-field'
import { StateBadge } from '@/components/ui/state-badge'
import { driftQueries } from '@/lib/client/queries/drift'
import { tenantFacetsQuery } from '@/lib/client/tenants'
import type { DriftState, Isolation, TenantFacets, TenantState, VersionState } from '@/lib/tenancy/contract'
import { FacetFilter } from './facet-filter'
import { filterOf, isFiltered, noFilter, type TenantSearch } from './tenant-search'
import { isolationLabels, tenantStateLooks } from './tenant-state'

type Props = { readonly search: TenantSearch; readonly onChange: (change: Partial<TenantSearch>) => void }

const noFacets: TenantFacets = { state: [], set: [], database: [], isolation: [], versionState: [], version: [], drift: [], shape: [], label: [] }

export function TenantFilters({ search, onChange }: Props) {
  const filter = filterOf(search)
  const { data: facets = noFacets } = useQuery(tenantFacetsQuery(filter))
  return (
    <div className="flex flex-wrap items-center gap-2">
      <SearchField
        text={search.q ?? ''}
        onSearch={(q) => onChange({ q: q === '' ? null : q })}
        label="Search tenants by slug, name, host or schema"
        placeholder="Search slug, name, host, schema"
        className="sm:w-68"
      />
      <div className="flex items-center gap-2 max-sm:-mx-4 max-sm:w-screen max-sm:overflow-x-auto max-sm:px-4 max-sm:py-1 sm:flex-wrap">
        <FacetFilter
          label="Version state"
          choices={facets.versionState}
          chosen={search.versionState}
          onChange={(versionState) => onChange({ versionState: versionState as VersionState[] })}
          nameOf={(value) => <StateBadge look={versionStateLooks[value as VersionState]} />}
        />
        <FacetFilter label="Version" choices={facets.version} chosen={search.version} onChange={(version) => onChange({ version })} />
        <FacetFilter
          label="Drift"
          choices={facets.drift}
          chosen={search.drift}
          onChange={(drift) => onChange({ drift: drift as DriftState[] })}
          nameOf={(value) => <StateBadge look={driftStateLooks[value as DriftState]} />}
          wordOf={(value) => driftStateLooks[value as DriftState].label}
        />
        {facets.shape.length > 0 || search.shape.length > 0 ? (
          <ShapeFilter choices={facets.shape} chosen={search.shape} onChange={(shape) => onChange({ shape })} />
        ) : null}
        <FacetFilter
          label="State"
          choices={facets.state}
          chosen={search.state}
          onChange={(state) => onChange({ state: state as TenantState[] })}
          nameOf={(value) => <StateBadge look={tenantStateLooks[value as TenantState]} />}
        />
        <FacetFilter label="Set" choices={facets.set} chosen={search.set} onChange={(set) => onChange({ set })} />
        <FacetFilter label="Database" choices={facets.database} chosen={search.database} onChange={(database) => onChange({ database })} />
        {facets.isolation.length > 1 || search.isolation.length > 0 ? (
          <FacetFilter
            label="Isolation"
            choices={facets.isolation}
            chosen={search.isolation}
            onChange={(isolation) => onChange({ isolation: isolation as Isolation[] })}
            nameOf={(value) => isolationLabels[value as Isolation]}
          />
        ) : null}
        {facets.label.length > 0 || search.label.length > 0 ? (
          <FacetFilter label="Label" choices={facets.label} chosen={search.label} onChange={(label) => onChange({ label })} />
        ) : null}
        <Switch label="Last run failed" on={search.failed === true} onChange={(on) => onChange({ failed: on ? true : null })} />
        {search.halfDone ? <Switch label="Half done" on onChange={() => onChange({ halfDone: null })} /> : null}
        {isFiltered(filter) ? (
          <Button variant="ghost" onClick={() => onChange(noFilter)}>
            <X aria-hidden />
            Clear
          </Button>
        ) : null}
      </div>
    </div>
  )
}

type ShapeFilterProps = { readonly choices: TenantFacets['shape']; readonly chosen: readonly string[]; readonly onChange: (shapes: string[]) => void }

/** Shapes by what they are called: their ids say nothing to people. */
function ShapeFilter(props: ShapeFilterProps) {
  const { data: shapes = [] } = useQuery(driftQueries.names)
  const severalServers = hasSeveralServers(shapes)
  const wordOf = (id: string): string => {
    const shape = shapes.find((one) => one.id === id)
    return shape === undefined ? id : shapeName(shape, severalServers)
  }
  return <FacetFilter label="Shape" {...props} nameOf={wordOf} wordOf={wordOf} />
}

function Switch({ label, on, onChange }: { readonly label: string; readonly on: boolean; readonly onChange: (on: boolean) => void }) {
  return (
    <button
      type="button"
      aria-pressed={on}
      onClick={() => onChange(!on)}
      className={cn(
        'inline-flex h-8 items-center rounded-md border px-2.5 text-sm whitespace-nowrap transition-colors',
        on ? 'border-accent-ink/40 bg-accent-soft font-medium text-accent-ink' : 'border-line bg-surface text-muted hover:border-line-strong hover:text-ink',
      )}
    >
      {label}
    </button>
  )
}
