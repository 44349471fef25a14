/** Who may do what. The only table that says it; every entry point names one of these permissions. */

export const roles = ['admin', 'operator', 'support'] as const
export type Role = (typeof roles)[number]

export const permissions = {
  'fleet.read': ['admin', 'operator', 'support'],
  'tenants.read': ['admin', 'operator', 'support'],
  'tenants.onboard': ['admin'],
  'tenants.change': ['admin'],
  'targets.observe': ['admin', 'operator'],
  'sets.read': ['admin', 'operator'],
  'sets.sync': ['admin'],
  /** How many ready schemas a set keeps for tenants to come. */
  'sets.pool': ['admin'],
  /** How structures differ: definitions, never rows. */
  'drift.read': ['admin', 'operator', 'support'],
  /** That single differences are as they should be, and taking that back. */
  'drift.accept': ['admin', 'operator'],
  /** Statements that lead targets to their norm: tried and rolled back, or run. */
  'drift.repair': ['admin'],
  /** What a set does not compare at all. */
  'drift.ignore': ['admin'],
  /** A SELECT of one's own over all tenants' rows; keeping it with a name, and saying who else may run it. */
  'reports.run': ['admin'],
  /** A saved report, where it names the role; the library refuses it all others. */
  'reports.run_saved': ['admin', 'operator', 'support'],
  /** What a saved report says, where it lets its owner or all operators change it; the library refuses it all others. */
  'reports.change': ['admin', 'operator'],
  /** What reports have found: rows of tenants. Support reads that of saved reports which it may run, and the library refuses it all others. */
  'reports.read': ['admin', 'operator', 'support'],
  /** For how long the rows of all reports are kept. */
  'reports.keep': ['admin'],
  'runs.read': ['admin', 'operator', 'support'],
  /** Values out of tenants' rows, as PostgreSQL quotes them in an error's detail and as a blocker's query may hold them; with it whose session that is, and from where. */
  'rows.read': ['admin', 'operator'],
  'runs.start': ['admin'],
  'runs.retry': ['admin', 'operator'],
  'runs.rerun': ['admin', 'operator'],
  'runs.control': ['admin', 'operator'],
  /** Other people's sessions on a tenants' server, where they are in the way of an item: end the query, end the session. */
  'sessions.cancel': ['admin', 'operator'],
  'sessions.terminate': ['admin', 'operator'],
  'databases.read': ['admin', 'operator'],
  'databases.manage': ['admin'],
  'people.read': ['admin', 'operator'],
  'people.manage': ['admin'],
  'audit.read': ['admin', 'operator'],
  'account.own': ['admin', 'operator', 'support'],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof permissions

export const may = (role: Role, permission: Permission): boolean => (permissions[permission] as readonly Role[]).includes(role)

/** Admins and operators see every report and its results; support sees those that name its role. */
export const seesAllReports = (role: Role): boolean => role !== 'support'

/** Who asks. `cli` is whoever holds the control database's connection string; `system` is Tenantry itself. */
export type Actor = {
  readonly kind: 'person' | 'cli' | 'system'
  /** The person's id; null for cli and system. */
  readonly id: string | null
  /** What the audit shows: an e-mail address, an operating-system user, or "tenantry". */
  readonly label: string
  readonly role: Role
}

export const systemActor: Actor = { kind: 'system', id: null, label: 'tenantry', role: 'admin' }
