import 'server-only'
import { isTenancyError } from '@/lib/tenancy'
import type { ErrorDocument } from '@/lib/tenancy/contract'
import { getTenancy } from './tenancy'

/** Whom a one-time link lets in, or why it does not. */
export const readLink = async (token: string): Promise<{ readonly email: string; readonly name: string } | ErrorDocument> => {
  try {
    return await getTenancy().people.readLink(token)
  } catch (error) {
    if (isTenancyError(error) && (error.code === 'auth.link_expired' || error.code === 'auth.link_unknown')) return error.toDocument()
    throw error
  }
}
