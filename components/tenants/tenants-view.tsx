'use client'

import { useQuery } from '@tanstack/react-query'
import { Building2, Columns3, Download, Plus, SearchX } from 'lucide-react'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useQueryStates } from 'nuqs'
import { useCallback, useMemo } from 'react'
import { Button } from '@/components/ui/button'
import { DataTable } from '@/components/ui/data-table'
import { EmptyState } from '@/components/ui/empty-state'
import { ErrorState } from '@/components/ui/error-state'
import { Menu, MenuCheckboxItem, MenuContent, MenuTrigger } from '@/components/ui/menu'
import { Page, PageHeader } from '@/components/ui/page-header'
import { describeReadError, searchOf } from '@/lib/client/fetch-json'
import { tenantFacetsQuery } from '@/lib/client/tenants'
import { useNarrow } from '@/lib/client/use-media'
import { formatCount, plural } from '@/lib/format'
import { may, type Role } from '@/lib/tenancy/contract'
import { BulkPart, hasBulkDeeds, type BulkActions } from './bulk-part'
import { isNothing } from './selection-model'
import { columnLabels, tenantColumns } from './tenant-columns'
import { TenantFilters } from './tenant-filters'
import { columnIds, filterOf, isFiltered, nextOrder, noFilter, tenantParsers, type ColumnId, type TenantSearch } from './tenant-search'
import { useChosen } from './use-chosen'
import { useTenantRows } from './use-tenant-rows'

type Props = { readonly role: Role; readonly actions: BulkActions }

const narrowColumns: readonly ColumnId[] = ['tenant', 'versionState']

export function TenantsView({ role, actions }: Props) {
  const router = useRouter()
  const narrow = useNarrow()
  const [search, setSearch] = useQueryStates(tenantParsers, { history: 'replace', shallow: true })
  const change = useCallback((part: Partial<TenantSearch>) => void setSearch(part), [setSearch])
  const filter = filterOf(search)
  const order = { sort: search.sort, descending: search.descending }
  const list = useTenantRows(filter, order)
  const { data: facets } = useQuery(tenantFacetsQuery(filter))

  const total = list.total ?? 0
  const columns = useMemo(
    () => tenantColumns(list.most).filter(({ id }) => (narrow ? narrowColumns.includes(id) : !search.hide.includes(id))),
    [list.most, narrow, search.hide],
  )
  const selection = useChosen(list.read, filter)

  return (
    <Page fill className="relative">
      <PageHeader
        title="Tenants"
        actions={
          <>
            <ColumnChoice hidden={search.hide} onChange={(hide) => change({ hide })} />
            <Button asChild>
              <a href={`/api/tenants/export?${searchOf({ ...filter, ...order })}`} download>
                <Download aria-hidden />
                CSV
              </a>
            </Button>
            {may(role, 'tenants.onboard') ? (
              <Button asChild variant="primary">
                <Link href="/tenants/new">
                  <Plus aria-hidden />
                  Onboard
                </Link>
              </Button>
            ) : null}
          </>
        }
      >
        <span role="status">
          {list.total !== null
            ? isFiltered(filter)
              ? `${formatCount(total)} match`
              : plural(total, (facets?.set.length ?? 0) > 1 ? 'placement' : 'tenant')
            : list.error
              ? ''
              : 'Counting…'}
        </span>
      </PageHeader>
      <TenantFilters search={search} onChange={change} />
      {list.error && list.total === null ? (
        <ErrorState {...describeReadError(list.error)} retry={list.retry} />
      ) : (
        <DataTable
          label="Tenants"
          className="flex-1 rounded-lg border border-line bg-surface"
          columns={columns}
          total={total}
          rowAt={list.rowAt}
          onSee={list.see}
          stale={list.stale}
          rowKey={({ slug, set }) => (set === null ? slug : `${slug} in ${set}`)}
          order={order}
          onSort={(sort) => change(nextOrder(order, sort))}
          onOpen={({ slug }) => router.push(`/tenants/${slug}`)}
          selection={narrow || !hasBulkDeeds(role) ? undefined : selection.forTable}
          empty={<NoTenants filtered={isFiltered(filter)} mayOnboard={may(role, 'tenants.onboard')} onClear={() => change(noFilter)} />}
        />
      )}
      <BulkPart
        chosen={selection.chosen}
        filter={filter}
        rows={isNothing(selection.chosen) ? [] : list.read().filter((row) => row !== undefined)}
        total={total}
        sets={facets?.set.map(({ value }) => value) ?? []}
        role={role}
        actions={actions}
        onAll={selection.chooseAll}
        onClear={selection.clear}
      />
    </Page>
  )
}

function ColumnChoice({ hidden, onChange }: { readonly hidden: readonly ColumnId[]; readonly onChange: (hidden: ColumnId[]) => void }) {
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button className="max-sm:hidden">
          <Columns3 aria-hidden />
          Columns
        </Button>
      </MenuTrigger>
      <MenuContent>
        {columnIds
          .filter((id) => id !== 'tenant')
          .map((id) => (
            <MenuCheckboxItem
              key={id}
              checked={!hidden.includes(id)}
              onSelect={(event) => event.preventDefault()}
              onCheckedChange={(on) => onChange(on ? hidden.filter((one) => one !== id) : [...hidden, id])}
            >
              {columnLabels[id]}
            </MenuCheckboxItem>
          ))}
      </MenuContent>
    </Menu>
  )
}

type NoTenantsProps = { readonly filtered: boolean; readonly mayOnboard: boolean; readonly onClear: () => void }

function NoTenants({ filtered, mayOnboard, onClear }: NoTenantsProps) {
  if (filtered) {
    return (
      <EmptyState icon={SearchX} title="0 tenants match" action={<Button onClick={onClear}>Clear the filters</Button>}>
        Nothing has all of what is filtered by.
      </EmptyState>
    )
  }
  return (
    <EmptyState
      icon={Building2}
      title="0 tenants yet"
      action={
        mayOnboard ? (
          <Button asChild variant="primary">
            <Link href="/tenants/new">Onboard the first</Link>
          </Button>
        ) : undefined
      }
      {...(mayOnboard ? { command: 'npx tenantry onboard acme --name "Acme Inc."' } : {})}
    >
      {mayOnboard ? 'Onboarding makes a schema, a role and all tables of the set in one transaction.' : 'An admin onboards them.'}
    </EmptyState>
  )
}
