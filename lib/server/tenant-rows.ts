import { may, type AttemptError, type ItemBlockers, type LockHolder, type OutsideChange, type Role } from '@/lib/tenancy/contract'

type Failed = { readonly error: AttemptError | null }

/** Whose session it is and from where says more of a customer's people than a look at a run needs. */
const unnamed = (holder: LockHolder): LockHolder => ({ ...holder, user: null, client: null })

const withoutRows = ({ heldBy, ...error }: AttemptError): AttemptError => ({ ...error, detail: null, ...(heldBy ? { heldBy: heldBy.map(unnamed) } : {}) })

/** PostgreSQL's detail quotes the row in the way, “Failing row contains (…)”: what a tenant keeps is not for everybody who sees that it failed. */
export const errorFor = (role: Role, error: AttemptError): AttemptError => (may(role, 'rows.read') ? error : withoutRows(error))

/** Items, attempts or runs of a tenant, with as much of their errors as the role may see. */
export const failedFor = <T extends Failed>(role: Role, rows: readonly T[]): readonly T[] =>
  rows.map((row) => (row.error === null ? row : { ...row, error: errorFor(role, row.error) }))

/** A query may hold a tenant's values as literals. */
export const blockersFor = (role: Role, blockers: ItemBlockers): ItemBlockers =>
  may(role, 'rows.read')
    ? blockers
    : {
        ...blockers,
        sessions: blockers.sessions.map((session) => ({ ...session, query: null, user: null, client: null })),
        failed: blockers.failed && { ...blockers.failed, heldBy: blockers.failed.heldBy.map(unnamed) },
      }

type Changed = { readonly changes: readonly OutsideChange[] }

/** What was changed from outside is for everybody who sees what differs; who was signed in, and from where, is not. */
export const changesFor = <T extends Changed>(role: Role, one: T): T =>
  may(role, 'rows.read') ? one : { ...one, changes: one.changes.map((change) => ({ ...change, user: null, client: null })) }
