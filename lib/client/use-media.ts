import { useCallback, useSyncExternalStore } from 'react'

/** Whether a media query holds; false on the server and while hydrating. */
export const useMedia = (condition: string): boolean =>
  useSyncExternalStore(
    useCallback(
      (listener) => {
        const list = window.matchMedia(condition)
        list.addEventListener('change', listener)
        return () => list.removeEventListener('change', listener)
      },
      [condition],
    ),
    () => window.matchMedia(condition).matches,
    () => false,
  )

/** A telephone: only what says most is shown. */
export const useNarrow = (): boolean => useMedia('(max-width: 639px)')
