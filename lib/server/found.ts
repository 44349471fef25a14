import 'server-only'
import { notFound } from 'next/navigation'
import { errorTable, type ErrorCode } from '@/lib/tenancy/contract'
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

/** For pages that say in words of their own that a thing is gone: null where the read refuses with that code. */
export const unlessGone = async <T>(read: Promise<T>, code: ErrorCode): Promise<T | null> => {
  try {
    return await read
  } catch (error) {
    if (isTenancyError(error) && error.code === code) return null
    throw error
  }
}
