import type { Session } from './session.ts'

/** Looks in this process, whether or not a worker runs, and leaves the audit row that asking a worker would. @returns whether all was read */
export const refresh = async ({ tenancy, actor, output }: Session, tenant: string | undefined, structure: boolean): Promise<boolean> => {
  const { targets, unreachable, unread } = await tenancy.observation.now({ ...(tenant === undefined ? {} : { slugs: [tenant] }), structure })
  await tenancy.audit.record({
    actor,
    action: 'targets.observe',
    subjectKind: 'fleet',
    subject: 'fleet',
    details: { tenants: tenant ?? 'all', targets, unreachable, ...(structure ? { structure } : {}) },
  })
  if (unreachable.length > 0) output.note(`Not reached, so shown as last seen: ${unreachable.join(', ')}`)
  for (const { database, problem } of unread) output.note(`Not read, so shown as last seen: ${database}. ${problem}`)
  return unreachable.length + unread.length === 0
}
