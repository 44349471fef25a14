import 'server-only'
import { forbidden } from 'next/navigation'
import type { ReportRun, Role } from '@/lib/tenancy/contract'
import { found, unlessGone } from './found'
import { errorFor } from './tenant-rows'

/** A report, with as much of its tenants' errors as the role may see. */
export const reportFor = (role: Role, report: ReportRun): ReportRun => ({
  ...report,
  silent: report.silent.map((group) => (group.example === null ? group : { ...group, example: errorFor(role, group.example) })),
})

/** For pages: the page “not found” where there is no such report, the page “403” where its rows are not for this person. */
export const foundReport = async <T>(read: Promise<T>): Promise<T> => (await unlessGone(found(read), 'report.not_yours')) ?? forbidden()
