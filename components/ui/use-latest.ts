import { useCallback, useLayoutEffect, useRef } from 'react'

/** A function that stays the same while what it does is always the newest: for rows that are drawn again only when something of theirs changes. */
export const useLatest = <Args extends readonly unknown[]>(newest: (...args: Args) => void): ((...args: Args) => void) => {
  const held = useRef(newest)
  useLayoutEffect(() => {
    held.current = newest
  })
  return useCallback((...args: Args) => held.current(...args), [])
}
