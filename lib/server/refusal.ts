import 'server-only'
import { randomUUID } from 'node:crypto'
import { ConnectionError } from '@/lib/connection'
import { createLogger } from '@/lib/log'
import { recordRefusal } from '@/lib/refusal-trail'
import type { Actor, ErrorDocument, Permission } from '@/lib/tenancy/contract'
import { controlUnreachable, isConnectionLoss, isTenancyError, TenancyError } from '@/lib/tenancy'
import { getTenancy } from './tenancy'

const log = createLogger('edge')

const known = (error: unknown): TenancyError | null => {
  if (isTenancyError(error)) return error
  if (error instanceof ConnectionError) return new TenancyError(error.code, { problem: error.message }, error)
  return isConnectionLoss(error) ? controlUnreachable(error) : null
}

/** Any thrown thing as the document that may leave the process; what is not a refusal is logged whole and leaves only its correlation id. */
export const documentOf = (error: unknown, entry: string): ErrorDocument => {
  const refusal = known(error)
  if (refusal) {
    if (refusal.cause !== undefined) log.warn({ entry, code: refusal.code, err: refusal.cause }, 'edge.refused')
    return refusal.toDocument()
  }
  const correlation = randomUUID().slice(0, 8)
  log.error({ entry, correlation, err: error }, 'edge.failed')
  return new TenancyError('internal', { correlation }).toDocument()
}

/** Audits what somebody signed in asked for and may not have now. */
export const refuse = async (error: TenancyError, actor: Actor, entry: string): Promise<TenancyError> => {
  await recordRefusal(getTenancy(), actor, entry, error, log)
  return error
}

export const forbiddenTo = (actor: Actor, permission: Permission): TenancyError => new TenancyError('auth.forbidden', { role: actor.role, permission })
