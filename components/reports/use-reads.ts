import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef } from 'react'
import { dueAt, isSooner, type LastRead } from './report-live-model'

/** Of one run, as long as it is on the page. */
type Reads = {
  last: LastRead
  next: { readonly at: number; readonly timer: ReturnType<typeof setTimeout> } | null
  isReading: boolean
  /** Asked for while a read was under way, which may have begun too early to tell; null: nobody has. */
  wanted: 'soon' | 'usual' | null
}

/**
 * Reads what goes on changing, one read at a time and none broken off: one that takes long would else never come through.
 * @param keyOf the same function at each drawing
 * @returns asks for a read; of two that are asked for the sooner one counts
 */
export const useReads = (run: number, keyOf: (run: number) => readonly unknown[]): ((isSoon: boolean) => void) => {
  const client = useQueryClient()
  const reads = useRef<Reads | null>(null)
  useEffect(() => {
    // The page came with what there was.
    const mine: Reads = { last: { endedAt: performance.now(), tookMs: 0 }, next: null, isReading: false, wanted: null }
    reads.current = mine
    return () => {
      clearTimeout(mine.next?.timer)
      mine.next = null
      if (reads.current === mine) reads.current = null
    }
  }, [run])
  return useCallback(
    (isSoon) => {
      const mine = reads.current
      if (mine === null) return
      const ask = (soon: boolean): void => {
        if (mine.isReading) {
          if (mine.wanted !== 'soon') mine.wanted = soon ? 'soon' : 'usual'
          return
        }
        const now = performance.now()
        const at = dueAt(mine.last, now, soon)
        if (!isSooner(mine.next?.at ?? null, at)) return
        clearTimeout(mine.next?.timer)
        mine.next = { at, timer: setTimeout(() => void read(), at - now) }
      }
      const read = async (): Promise<void> => {
        mine.next = null
        mine.isReading = true
        const began = performance.now()
        await client.invalidateQueries({ queryKey: keyOf(run) }, { cancelRefetch: false })
        const endedAt = performance.now()
        mine.last = { endedAt, tookMs: endedAt - began }
        mine.isReading = false
        const { wanted } = mine
        mine.wanted = null
        if (wanted !== null && reads.current === mine) ask(wanted === 'soon')
      }
      ask(isSoon)
    },
    [client, keyOf, run],
  )
}
