import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventStream, resumePoint, type EventSink } from '../../../lib/server/event-stream.ts'

const address = 'http://console/api/runs/42/events'
const always = (): Promise<boolean> => Promise.resolve(true)

const open = async (options: { mayGoOn?: () => Promise<boolean>; request?: Request } = {}) => {
  const stop = vi.fn<() => void>()
  let sink: EventSink | undefined
  const response = await eventStream(options.request ?? new Request(address), {
    subscribe: (given) => {
      sink = given
      return Promise.resolve(stop)
    },
    mayGoOn: options.mayGoOn ?? always,
  })
  if (!sink || !response.body) throw new Error('the stream was not opened')
  return { stop, sink, response, reader: response.body.pipeThrough(new TextDecoderStream()).getReader() }
}

describe('an event stream', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is one, that nothing on the way may hold back', async () => {
    const { response } = await open()
    expect(response.headers.get('Content-Type')).toContain('text/event-stream')
    expect(response.headers.get('Cache-Control')).toBe('no-store, no-transform')
  })

  it('sends each message with the id to come back by', async () => {
    const { sink, reader } = await open()
    sink.send(7, { state: 'running' })
    expect((await reader.read()).value).toBe('retry: 1000\n\n')
    expect((await reader.read()).value).toBe('id: 7\ndata: {"state":"running"}\n\n')
  })

  it('ends after its last message and stops listening', async () => {
    const { sink, reader, stop } = await open()
    sink.send(8, 'last')
    sink.end()
    sink.send(9, 'too late')
    const texts: (string | undefined)[] = []
    for (let part = await reader.read(); !part.done; part = await reader.read()) texts.push(part.value)
    expect(texts.join('')).toBe('retry: 1000\n\nid: 8\ndata: "last"\n\n')
    expect(stop).toHaveBeenCalledOnce()
  })

  it('ends at once when the first message is the last, and still stops listening', async () => {
    const stop = vi.fn<() => void>()
    const response = await eventStream(new Request(address), {
      subscribe: (sink) => {
        sink.send(1, 'done')
        sink.end()
        return Promise.resolve(stop)
      },
      mayGoOn: always,
    })
    expect(await response.text()).toBe('retry: 1000\n\nid: 1\ndata: "done"\n\n')
    expect(stop).toHaveBeenCalledOnce()
  })

  it('says that it is there, and that is all, while nothing happens', async () => {
    const { reader } = await open()
    await reader.read()
    await vi.advanceTimersByTimeAsync(15_000)
    expect((await reader.read()).value).toBe(': still here\n\n')
  })

  it('stops listening when the browser goes', async () => {
    const leaving = new AbortController()
    const { stop } = await open({ request: new Request(address, { signal: leaving.signal }) })
    leaving.abort()
    expect(stop).toHaveBeenCalledOnce()
  })

  it('stops listening when the answer is given up', async () => {
    const { reader, stop } = await open()
    await reader.cancel()
    expect(stop).toHaveBeenCalledOnce()
  })

  it('ends with the next heartbeat for somebody who may not read any more', async () => {
    const { stop } = await open({ mayGoOn: () => Promise.resolve(false) })
    await vi.advanceTimersByTimeAsync(15_000)
    expect(stop).toHaveBeenCalledOnce()
  })

  it('cuts a reader off that lets a megabyte wait', async () => {
    const { sink, stop } = await open()
    for (let id = 0; id < 30; id += 1) sink.send(id, 'x'.repeat(50_000))
    expect(stop).toHaveBeenCalledOnce()
  })
})

it('goes on from Last-Event-ID, else from the newest `after` of the address', () => {
  const at = (search: string, id?: string): number | null =>
    resumePoint(new Request(address + search, id === undefined ? {} : { headers: { 'Last-Event-ID': id } }))
  expect([at(''), at('?after=3'), at('?after=3&after=9'), at('?after=3', '12'), at('?after=x'), at('', '-1')]).toEqual([null, 3, 9, 12, null, null])
})
