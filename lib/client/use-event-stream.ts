import { useEffect, useEffectEvent, useState } from 'react'

export type StreamStatus = 'connecting' | 'live' | 'lost'

type Options<T> = {
  /** null: no stream is wanted now. */
  readonly url: string | null
  readonly onMessage: (message: T, id: string) => void
}

const firstDelayMs = 500
const longestDelayMs = 15_000

/**
 * Listens to an event stream for as long as the component lives. The browser's own reconnecting covers broken connections; refused or
 * closed ones are opened again here with a growing, jittered delay. Either way the stream goes on after the last id (`after=`).
 */
export const useEventStream = <T>({ url, onMessage }: Options<T>): StreamStatus => {
  const [status, setStatus] = useState<StreamStatus>('connecting')
  const deliver = useEffectEvent((message: T, id: string) => onMessage(message, id))

  useEffect(() => {
    if (url === null) return
    let source: EventSource | null = null
    let timer: ReturnType<typeof setTimeout> | undefined
    let delay = firstDelayMs
    let last = ''

    const open = (): void => {
      const address = last === '' ? url : `${url}${url.includes('?') ? '&' : '?'}after=${encodeURIComponent(last)}`
      source = new EventSource(address)
      source.addEventListener('open', () => {
        delay = firstDelayMs
        setStatus('live')
      })
      source.addEventListener('message', (event: MessageEvent<string>) => {
        if (event.lastEventId !== '') last = event.lastEventId
        deliver(JSON.parse(event.data) as T, event.lastEventId)
      })
      source.addEventListener('error', () => {
        setStatus('lost')
        if (source?.readyState !== EventSource.CLOSED) return
        timer = setTimeout(open, delay * (0.75 + Math.random() / 2))
        delay = Math.min(delay * 2, longestDelayMs)
      })
    }

    open()
    return () => {
      clearTimeout(timer)
      source?.close()
    }
  }, [url])

  return status
}
