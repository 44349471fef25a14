import type { ErrorCode } from '@/lib/tenancy/contract'

/** Whether the server has said that nobody is signed in here any more; for the life of the page, as signing in again loads it anew. */
let isOut = false
const listeners = new Set<() => void>()

/** Hears of every refusal, wherever it comes from. */
export const noteRefusal = (code: ErrorCode): void => {
  if (code !== 'auth.signed_out' || isOut) return
  isOut = true
  for (const listener of listeners) listener()
}

export const isSignedOut = (): boolean => isOut

export const onSignedOut = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Where to sign in, and to come back from to the page one is on. */
export const signInHref = ({ pathname, search, hash }: Pick<Location, 'pathname' | 'search' | 'hash'>): string => {
  const here = `${pathname}${search}${hash}`
  return here === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(here)}`
}
