import { Building2, Database, FileChartColumn, LayoutGrid, Layers, ListChecks, ScrollText, Shapes, Users, type LucideIcon } from 'lucide-react'
import { may, type Permission, type Role } from '@/lib/tenancy/contract'

export type Place = {
  readonly href: string
  readonly label: string
  readonly icon: LucideIcon
  readonly permission: Permission
  /** Pressed after `g`. */
  readonly letter: string
}

const places: readonly Place[] = [
  { href: '/', label: 'Fleet', icon: LayoutGrid, permission: 'fleet.read', letter: 'f' },
  { href: '/tenants', label: 'Tenants', icon: Building2, permission: 'tenants.read', letter: 't' },
  { href: '/migrations', label: 'Migrations', icon: Layers, permission: 'sets.read', letter: 'm' },
  { href: '/runs', label: 'Runs', icon: ListChecks, permission: 'runs.read', letter: 'r' },
  { href: '/drift', label: 'Drift', icon: Shapes, permission: 'drift.read', letter: 's' },
  { href: '/reports', label: 'Reports', icon: FileChartColumn, permission: 'reports.read', letter: 'e' },
  { href: '/databases', label: 'Databases', icon: Database, permission: 'databases.read', letter: 'd' },
  { href: '/people', label: 'People', icon: Users, permission: 'people.read', letter: 'p' },
  { href: '/audit', label: 'Audit', icon: ScrollText, permission: 'audit.read', letter: 'a' },
]

/** The pages that a role may open, in the order of the sidebar. */
export const placesFor = (role: Role): readonly Place[] => places.filter(({ permission }) => may(role, permission))

export const isCurrent = (href: string, path: string): boolean => (href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`))
