/** What the address of the tenants page says: filters, order, columns. Shared by the page, the table and everything that links there. */
import { createLoader, createSerializer, parseAsBoolean, parseAsNativeArrayOf, parseAsString, parseAsStringLiteral, type inferParserType } from 'nuqs/server'
import { driftStates, isolations, tenantSorts, tenantStates, versionStates, type TenantFilter } from '@/lib/tenancy/contract'

export const columnIds = [
  'tenant',
  'state',
  'set',
  'database',
  'isolation',
  'version',
  'pending',
  'versionState',
  'drift',
  'bytes',
  'lastRun',
  'observedAt',
] as const
export type ColumnId = (typeof columnIds)[number]

export const tenantParsers = {
  q: parseAsString,
  set: parseAsNativeArrayOf(parseAsString),
  database: parseAsNativeArrayOf(parseAsString),
  state: parseAsNativeArrayOf(parseAsStringLiteral(tenantStates)),
  versionState: parseAsNativeArrayOf(parseAsStringLiteral(versionStates)),
  version: parseAsNativeArrayOf(parseAsString),
  isolation: parseAsNativeArrayOf(parseAsStringLiteral(isolations)),
  drift: parseAsNativeArrayOf(parseAsStringLiteral(driftStates)),
  shape: parseAsNativeArrayOf(parseAsString),
  label: parseAsNativeArrayOf(parseAsString),
  failed: parseAsBoolean,
  halfDone: parseAsBoolean,
  sort: parseAsStringLiteral(tenantSorts).withDefault('slug'),
  descending: parseAsBoolean.withDefault(false),
  /** Columns that are put away. */
  hide: parseAsNativeArrayOf(parseAsStringLiteral(columnIds)),
}

export type TenantSearch = inferParserType<typeof tenantParsers>

export const loadTenantSearch = createLoader(tenantParsers)
const serialize = createSerializer(tenantParsers)

export const tenantsHref = (search: Partial<TenantSearch>): string => serialize('/tenants', search)

const some = <T>(list: readonly T[] | null): T[] | undefined => (list && list.length > 0 ? [...list] : undefined)

/** The filter as the library takes it: what is not filtered by is absent. */
export const filterOf = ({ q, set, database, state, versionState, version, isolation, drift, shape, label, failed, halfDone }: TenantSearch): TenantFilter => {
  const filter: TenantFilter = {
    q: q?.trim() ? q.trim().slice(0, 120) : undefined,
    set: some(set),
    database: some(database),
    state: some(state),
    versionState: some(versionState),
    version: some(version),
    isolation: some(isolation),
    drift: some(drift),
    shape: some(shape),
    label: some(label),
    failed: failed ? true : undefined,
    halfDone: halfDone ? true : undefined,
  }
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}

export const noFilter: Omit<TenantSearch, 'sort' | 'descending' | 'hide'> = {
  q: null,
  set: [],
  database: [],
  state: [],
  versionState: [],
  version: [],
  isolation: [],
  drift: [],
  shape: [],
  label: [],
  failed: null,
  halfDone: null,
}

export const isFiltered = (filter: TenantFilter): boolean => Object.keys(filter).length > 0

/** A header pressed: by that column, and the other way round when it was by that column already. */
export const nextOrder = (
  current: { readonly sort: string; readonly descending: boolean },
  sort: TenantSearch['sort'],
): { readonly sort: TenantSearch['sort']; readonly descending: boolean } => ({
  sort,
  descending: current.sort === sort ? !current.descending : false,
})
