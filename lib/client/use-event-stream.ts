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
const longestDelayMs = 15_000

/**
 * Listens to an event stream for as long as the component lives. The browser's own reconnecting covers broken connections; refused or
 * closed ones are opened again here with a growing, jittered delay. Either way the stream goes on after the last id (`after=`). It ends when
 * nobody is signed in any more.
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
        void askRefusal(address)
        timer = setTimeout(open, delay * (0.75 + Math.random() / 2))
        delay = Math.min(delay * 2, longestDelayMs)
      })
    }

    open()
    return () => {
      clearTimeout(timer)
      source?.close()
    }
  }, [url, isOut])

  return status
}
