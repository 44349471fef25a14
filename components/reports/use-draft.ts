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

/**
 * For a component that only the browser draws: the draft of before the reload, else the one given; kept with every change.
 * @param over what an address says, whatever there was before
 */
export const useDraft = (of: string, given: Draft, over: Partial<Draft> = nothing): readonly [Draft, (change: Partial<Draft>) => void, () => void] => {
  const [draft, setDraft] = useState<Draft>(() => ({ ...(parseDraft(window.sessionStorage.getItem(draftKey(of))) ?? given), ...over }))
  useEffect(() => {
    try {
      window.sessionStorage.setItem(draftKey(of), JSON.stringify(draft))
    } catch {
      // A full or forbidden storage takes the draft's survival, not the draft.
    }
  }, [of, draft])
  const forget = (): void => {
    window.sessionStorage.removeItem(draftKey(of))
    setDraft(given)
  }
  return [draft, (change) => setDraft((now) => ({ ...now, ...change })), forget]
}
