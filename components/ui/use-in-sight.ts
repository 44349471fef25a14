import { useEffect, useEffectEvent, useRef } from 'react'

/** Whoever drags a list of 10,000 rows from top to bottom wants the rows where they stop, not those of a hundred pages in between. */
const betweenMs = 150

/** Tells which rows are in sight: at once, and while a list is on the move a few times a second. */
export const useInSight = (first: number, last: number, total: number, onSee: (first: number, last: number) => void): void => {
  const toldAt = useRef(0)
  const tell = useEffectEvent(() => {
    toldAt.current = performance.now()
    onSee(first, last)
  })
  useEffect(() => {
    const wait = toldAt.current + betweenMs - performance.now()
    if (wait <= 0) return tell()
    const timer = setTimeout(tell, wait)
    return () => clearTimeout(timer)
  }, [first, last, total])
}
