import type { Permission } from '@/lib/tenancy/contract'

/** `public` entry points are the few that somebody signed out must reach. */
export type EntryPermission = Permission | 'public'
export type EntryPoint = {
  readonly kind: 'command' | 'query'
  readonly name: string
  readonly permission: EntryPermission
}

const entries = new WeakMap<object, EntryPoint>()

/** Remembers which permission guards an exported function, so that a test can walk all of them. */
export const registerEntry = <F extends object>(entry: EntryPoint, fn: F): F => {
  entries.set(fn, entry)
  return fn
}

/** The entry point behind an export of an `actions.ts` or `route.ts`; null when it was not made by `command` or `query`. */
export const entryOf = (fn: unknown): EntryPoint | null => (typeof fn === 'function' ? (entries.get(fn) ?? null) : null)
