import 'server-only'

/** Proxies drop connections that say nothing for 30–60 seconds. */
const heartbeatMs = 15_000
/** Bytes that may wait for a slow reader; beyond that it is cut off and comes back by Last-Event-ID. */
const backlogBytes = 1_000_000

export type EventSink = {
  /** Sends one message; `id` is what the browser gives back as Last-Event-ID. */
  readonly send: (id: number, message: unknown) => void
  /** Ends the stream after what was sent. */
  readonly end: () => void
}

type Subscription = {
  /** Starts the messages and returns the way to stop them. What it throws becomes the answer instead of a stream. */
  readonly subscribe: (sink: EventSink) => Promise<() => void>
  /** Asked with each heartbeat: whether this reader may still read. False ends the stream. */
  readonly mayGoOn: () => Promise<boolean>
}

/**
 * Answers a GET with text/event-stream: comment heartbeat, bounded backlog, and the subscription is stopped
 * when the browser goes, when `mayGoOn` says no, and when the sink is ended.
 */
export const eventStream = async (request: Request, { subscribe, mayGoOn }: Subscription): Promise<Response> => {
  const encoder = new TextEncoder()
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null
  let unsubscribe: (() => void) | null = null
  let heartbeat: NodeJS.Timeout | null = null
  let open = true
  let cancelled = false

  const close = (): void => {
    if (!open) return
    open = false
    if (heartbeat) clearInterval(heartbeat)
    request.signal.removeEventListener('abort', close)
    unsubscribe?.()
    // A cancelled stream is closed already and would throw.
    if (!request.signal.aborted && !cancelled) controller?.close()
  }

  const write = (text: string): void => {
    if (!open || !controller) return
    if ((controller.desiredSize ?? 0) <= 0) return close()
    controller.enqueue(encoder.encode(text))
  }

  const stream = new ReadableStream<Uint8Array>(
    {
      start: (own) => {
        controller = own
      },
      cancel: () => {
        cancelled = true
        close()
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: backlogBytes }),
  )

  write('retry: 1000\n\n')
  unsubscribe = await subscribe({ send: (id, message) => write(`id: ${id}\ndata: ${JSON.stringify(message)}\n\n`), end: close })
  // The first message may have ended the stream before there was a way to stop it.
  if (open) {
    request.signal.addEventListener('abort', close)
    if (request.signal.aborted) close()
    heartbeat = setInterval(() => {
      mayGoOn().then(
        (allowed) => (allowed ? write(': still here\n\n') : close()),
        () => close(),
      )
    }, heartbeatMs)
  } else unsubscribe()

  return new Response(stream, {
    headers: {
      'Content-Type': 'text/event-stream; charset=utf-8',
      // no-transform: compression would hold messages back until its buffer is full.
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    },
  })
}

/** Where a reader wants to go on from: Last-Event-ID after a reconnect, else the last `after` of the address; null from the start. */
export const resumePoint = (request: Request): number | null => {
  const text = request.headers.get('last-event-id') ?? new URL(request.url).searchParams.getAll('after').at(-1) ?? null
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
}
