import type { Role } from '@/lib/tenancy/contract'

/** What each role may do, in a line; the table itself is contract/permissions. */
export const roleWords: Readonly<Record<Role, { readonly label: string; readonly may: string }>> = {
  admin: { label: 'Admin', may: 'everything, people and databases included' },
  operator: { label: 'Operator', may: 'sees everything; retries, reruns, pauses, resumes and cancels runs' },
  support: { label: 'Support', may: 'sees tenants and runs, changes nothing' },
}
