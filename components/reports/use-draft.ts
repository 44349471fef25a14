import { useEffect, useState, useSyncExternalStore } from 'react'
import { draftKey, parseDraft, type Draft } from './draft-model'

const nothing: Partial<Draft> = {}
const never = (): (() => void) => () => undefined

/** Whether the browser draws, and not the server or what must look like it. */
export const useInBrowser = (): boolean =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  )

/** What was kept before a reload. For a component that only the browser draws. */
export const keptOf = (of: string): string | null => {
  try {
    return window.sessionStorage.getItem(draftKey(of))
  } catch {
    // A forbidden storage has kept nothing.
    return null
  }
}

/** Keeps it over a reload. */
export const keep = (of: string, value: object): void => {
  try {
    window.sessionStorage.setItem(draftKey(of), JSON.stringify(value))
  } catch {
    // A full or forbidden storage takes the draft's survival, not the draft.
  }
}

/** Keeps every change of what is written. */
export const useKept = (of: string, value: object): void => useEffect(() => keep(of, value), [of, value])

/**
 * For a component that only the browser draws: the draft of before the reload, else the one given; kept with every change.
 * @param over what an address says, whatever there was before
 */
export const useDraft = (of: string, given: Draft, over: Partial<Draft> = nothing) => {
  const blank: Draft = { ...given, ...over }
  const [draft, setDraft] = useState<Draft>(() => ({ ...(parseDraft(keptOf(of)) ?? given), ...over }))
  useKept(of, draft)
  return {
    draft,
    change: (change: Partial<Draft>): void => setDraft((now) => ({ ...now, ...change })),
    /** As it was given, and as the address says. */
    startOver: (): void => setDraft(blank),
    isBlank: (Object.keys(blank) as Array<keyof Draft>).every((key) => JSON.stringify(draft[key]) === JSON.stringify(blank[key])),
  }
}
