'use client'

import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useEffect, useState } from 'react'
import { FacetFilter } from '@/components/tenants/facet-filter'
import { FieldError } from '@/components/ui/field'
import { Textarea } from '@/components/ui/input'
import { Segments } from '@/components/ui/segments'
import { tenantFacetsQuery } from '@/lib/client/tenants'
import type { Selection, TenantFacets, TenantFilter } from '@/lib/tenancy/contract'
import { choiceFilter, choiceSentence, readNamed } from './choice-model'

type Props = {
  readonly set: string
  readonly selection: Selection
  readonly count: number | null
  readonly onChange: (selection: Selection) => void
  /** Some are to be named, and none is. */ readonly onUnnamed: (isUnnamed: boolean) => void
}

const kinds = [
  { value: 'all', label: 'All' },
  { value: 'filter', label: 'Filtered' },
  { value: 'tenants', label: 'Named' },
] as const

const facets = [
  { key: 'database', label: 'Database' },
  { key: 'version', label: 'Version' },
  { key: 'label', label: 'Label' },
  { key: 'isolation', label: 'Isolation' },
] as const

/** Which tenants are asked: all of the set, those that a filter finds, or some by name. */
export function TenantChoice({ set, selection, count, onChange, onUnnamed }: Props) {
  const [named, setNamed] = useState(selection.kind === 'tenants' ? selection.slugs.join(', ') : '')
  const [kind, setKind] = useState<Selection['kind']>(selection.kind)
  const read = readNamed(named)
  const isUnnamed = kind === 'tenants' && read.selection === null
  useEffect(() => onUnnamed(isUnnamed), [isUnnamed, onUnnamed])
  const choose = (next: Selection['kind']): void => {
    setKind(next)
    if (next === 'all') onChange({ kind: 'all' })
    if (next === 'filter') onChange({ kind: 'filter', filter: selection.kind === 'filter' ? selection.filter : {} })
    if (next === 'tenants' && read.selection !== null) onChange(read.selection)
  }
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">Tenants</legend>
      <Segments label="Which tenants" choices={kinds} value={kind} onChange={choose} />
      {kind === 'filter' ? (
        <Filters set={set} filter={selection.kind === 'filter' ? selection.filter : {}} onChange={(filter) => onChange({ kind: 'filter', filter })} />
      ) : null}
      {kind === 'tenants' ? (
        <>
          <Textarea
            aria-label="Slugs of the tenants"
            rows={3}
            spellCheck={false}
            autoComplete="off"
            placeholder="acme, globex"
            className="mono"
            value={named}
            aria-invalid={named !== '' && read.problem !== null ? true : undefined}
            onChange={(event) => {
              setNamed(event.target.value)
              const next = readNamed(event.target.value).selection
              if (next !== null) onChange(next)
            }}
          />
          {read.problem === null || named === '' ? null : <FieldError>{read.problem}</FieldError>}
        </>
      ) : null}
      <p className="text-xs break-words text-muted">
        {isUnnamed ? 'Name at least one tenant; until then nobody is asked.' : choiceSentence(set, selection, count)}{' '}
        <Link href={`/tenants?set=${encodeURIComponent(set)}`} className="text-accent-ink underline underline-offset-2">
          See tenants
        </Link>
      </p>
    </fieldset>
  )
}

type FiltersProps = { readonly set: string; readonly filter: TenantFilter; readonly onChange: (filter: TenantFilter) => void }

const noChoices: TenantFacets[keyof TenantFacets] = []

function Filters({ set, filter, onChange }: FiltersProps) {
  const { data } = useQuery(tenantFacetsQuery(choiceFilter(set, { kind: 'filter', filter }) ?? {}))
  return (
    <div className="flex flex-wrap gap-2">
      {facets.map(({ key, label }) => {
        const chosen = filter[key] ?? []
        const choices = data?.[key] ?? noChoices
        if (choices.length < 2 && chosen.length === 0) return null
        return (
          <FacetFilter
            key={key}
            label={label}
            choices={choices}
            chosen={chosen}
            onChange={(values) => onChange({ ...filter, [key]: values.length === 0 ? undefined : values })}
          />
        )
      })}
    </div>
  )
}
