import type { RunState } from '@/lib/tenancy/contract'
import type { Place } from './places'

/** The run that somebody means by "42", "#42" or "run 42"; null when they mean something else. */
export const runNumberIn = (text: string): number | null => {
  const match = /^(?:run\s*)?#?\s*(\d{1,15})$/i.exec(text.trim())
  return match?.[1] === undefined ? null : Number(match[1])
}

/** Whether every word typed begins a word of what an entry is called. */
export const matches = (called: string, typed: string): boolean => {
  const words = called.toLowerCase().split(/[^\p{L}\p{N}]+/u)
  return typed
    .toLowerCase()
    .split(/\s+/)
    .filter((part) => part !== '')
    .every((part) => words.some((word) => word.startsWith(part)))
}

export type BarEntry =
  | { readonly key: string; readonly kind: 'tenant'; readonly label: string; readonly href: string; readonly slug: string }
  | { readonly key: string; readonly kind: 'run'; readonly label: string; readonly href: string; readonly state: RunState | null }
  | { readonly key: string; readonly kind: 'page'; readonly label: string; readonly href: string; readonly place: Place }
  | { readonly key: string; readonly kind: 'action'; readonly label: string; readonly action: BarAction }

export type BarAction = 'onboard' | 'csv' | 'report' | 'theme' | 'keyboard' | 'sign-out'

type Sources = {
  readonly typed: string
  readonly tenants: ReadonlyArray<{ readonly slug: string; readonly name: string }>
  readonly openRuns: ReadonlyArray<{ readonly id: number; readonly set: string; readonly state: RunState }>
  readonly places: readonly Place[]
  readonly mayOnboard: boolean
  readonly mayReport: boolean
}

const actions: ReadonlyArray<{ readonly action: BarAction; readonly label: string; readonly called: string; readonly needs?: 'mayOnboard' | 'mayReport' }> = [
  { action: 'onboard', label: 'Onboard a tenant', called: 'onboard a tenant add new', needs: 'mayOnboard' },
  { action: 'csv', label: 'Onboard tenants from a CSV file', called: 'onboard tenants from a csv file upload import', needs: 'mayOnboard' },
  { action: 'report', label: 'Write a report', called: 'write a new report select query ask all tenants', needs: 'mayReport' },
  { action: 'theme', label: 'Switch between light and dark', called: 'switch theme light dark mode' },
  { action: 'keyboard', label: 'Show the keyboard shortcuts', called: 'show the keyboard shortcuts help' },
  { action: 'sign-out', label: 'Sign out', called: 'sign out log out' },
]

/** What the bar offers for what was typed, best first: tenants, runs, pages, actions. */
export const barEntries = ({ typed, tenants, openRuns, places, ...may }: Sources): readonly BarEntry[] => {
  const number = runNumberIn(typed)
  return [
    ...(number === null ? [] : [{ key: `number ${number}`, kind: 'run' as const, label: `Open run ${number}`, href: `/runs/${number}`, state: null }]),
    ...tenants.map(({ slug, name }) => ({ key: `tenant ${slug}`, kind: 'tenant' as const, label: name, href: `/tenants/${slug}`, slug })),
    ...openRuns
      .filter(({ id, set, state }) => id !== number && matches(`run ${id} ${set} ${state}`, typed))
      .map(({ id, set, state }) => ({ key: `run ${id}`, kind: 'run' as const, label: `Run ${id} of ${set}`, href: `/runs/${id}`, state })),
    ...places
      .filter(({ label }) => matches(label, typed))
      .map((place) => ({ key: `page ${place.href}`, kind: 'page' as const, label: place.label, href: place.href, place })),
    ...actions
      .filter(({ called, needs }) => (needs === undefined || may[needs]) && matches(called, typed))
      .map(({ action, label }) => ({ key: `action ${action}`, kind: 'action' as const, label, action })),
  ]
}
