import { useSyncExternalStore } from 'react'

/** One ticking clock for every relative time on the page: it ticks only while somebody looks. */
const listeners = new Set<() => void>()
let current = 0
let timer: ReturnType<typeof setInterval> | undefined

const tick = (): void => {
  current = Date.now()
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  if (timer === undefined) {
    current = Date.now()
    timer = setInterval(tick, 5000)
  }
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}

/** Milliseconds since 1970, every five seconds anew; null while the server draws and hydration runs. */
export const useNow = (): number | null =>
  useSyncExternalStore(
    subscribe,
    () => (current === 0 ? (current = Date.now()) : current),
    () => null,
  )
