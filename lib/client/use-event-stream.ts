import { useEffect, useEffectEvent, useState } from 'react'
import { askRefusal } from './fetch-json'
import { useSignedOut } from './use-signed-out'

export type StreamStatus = 'connecting' | 'live' | 'lost'

type Options<T> = {
  /** null: no stream is wanted now. */
  readonly url: string | null
  readonly onMessage: (message: T, id: string) => void
}

const firstDelayMs = 500
/** Of one that was refused. */
const longestDelayMs = 15_000
/** Of one whose server is away, and is likely to come back. */
const longestAwayMs = 5_000

/**
 * Listens to an event stream for as long as the component lives. One that breaks, is refused or closed is opened again with a growing, jittered delay, and at once
 * when somebody looks at the page again: the browser's own reconnecting would ask a console that is away every second, for as long as a tab is open. The stream goes
 * on after the last id (`after=`). It ends when nobody is signed in any more.
 */
export const useEventStream = <T>({ url, onMessage }: Options<T>): StreamStatus => {
  const [status, setStatus] = useState<StreamStatus>('connecting')
  const isOut = useSignedOut()
  const deliver = useEffectEvent((message: T, id: string) => onMessage(message, id))

  useEffect(() => {
    if (url === null || isOut) return
    let source: EventSource | null = null
    let timer: ReturnType<typeof setTimeout> | undefined
    let delay = firstDelayMs
    let openedAt = 0
    let last = ''

    const open = (): void => {
      const address = last === '' ? url : `${url}${url.includes('?') ? '&' : '?'}after=${encodeURIComponent(last)}`
      source = new EventSource(address)
      source.addEventListener('open', () => {
        openedAt = Date.now()
        setStatus('live')
      })
      source.addEventListener('message', (event: MessageEvent<string>) => {
        if (event.lastEventId !== '') last = event.lastEventId
        deliver(JSON.parse(event.data) as T, event.lastEventId)
      })
      source.addEventListener('error', () => {
        setStatus('lost')
        const isRefused = source?.readyState === EventSource.CLOSED
        // One that is taken and dropped at once has not come back.
        if (openedAt > 0 && Date.now() - openedAt > longestAwayMs) delay = firstDelayMs
        openedAt = 0
        source?.close()
        source = null
        if (isRefused) void askRefusal(address)
        timer = setTimeout(open, delay * (0.75 + Math.random() / 2))
        delay = Math.min(delay * 2, isRefused ? longestDelayMs : longestAwayMs)
      })
    }

    const hurry = (): void => {
      if (source !== null || document.visibilityState !== 'visible') return
      clearTimeout(timer)
      open()
    }

    open()
    document.addEventListener('visibilitychange', hurry)
    return () => {
      document.removeEventListener('visibilitychange', hurry)
      clearTimeout(timer)
      source?.close()
    }
  }, [url, isOut])

  return status
}
