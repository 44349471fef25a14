import 'server-only'
import { notFound } from 'next/navigation'
import { errorTable } from '@/lib/tenancy/contract'
import { isTenancyError } from '@/lib/tenancy'

/** For pages: what a read answers, or the page “not found” when the thing that the address names is not there. */
export const found = async <T>(read: Promise<T>): Promise<T> => {
  try {
    return await read
  } catch (error) {
    if (isTenancyError(error) && errorTable[error.code].status === 404) notFound()
    throw error
  }
}
