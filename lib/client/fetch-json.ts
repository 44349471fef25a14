import type { ErrorCode, ErrorDocument } from '@/lib/tenancy/contract'
import { noteRefusal } from './signed-out'

/** A refusal that the server sent: `code` to decide by, `message` and `hint` to show. */
export class RefusedError extends Error {
  readonly code: ErrorCode
  readonly hint: string | null
  readonly document: ErrorDocument
  readonly status: number

  constructor(document: ErrorDocument, status: number) {
    super(document.message)
    this.name = 'RefusedError'
    this.code = document.code
    this.hint = document.hint
    this.document = document
    this.status = status
  }
}

/** The server gave no answer of ours: it is down, a proxy stands between, or the network is gone. */
export class NoAnswerError extends Error {
  readonly status: number | null

  constructor(status: number | null, options?: ErrorOptions) {
    super(status === null ? 'The console does not answer.' : `The console answered with status ${status}.`, options)
    this.name = 'NoAnswerError'
    this.status = status
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const errorOf = (body: unknown): ErrorDocument | null =>
  isObject(body) && isObject(body.error) && typeof body.error.code === 'string' && typeof body.error.message === 'string' ? (body.error as ErrorDocument) : null

type Options = {
  readonly signal?: AbortSignal
  /** Sent as JSON by POST, for what is too long for an address. */
  readonly body?: unknown
}

/** GETs JSON of a known shape. Throws RefusedError for refusals, NoAnswerError when nothing usable came, AbortError when aborted. */
export const fetchJson = async <T>(url: string, { signal, body: sent }: Options = {}): Promise<T> => {
  let response: Response
  try {
    const headers = { Accept: 'application/json', ...(sent === undefined ? {} : { 'Content-Type': 'application/json' }) }
    response = await fetch(url, { signal: signal ?? null, headers, ...(sent === undefined ? {} : { method: 'POST', body: JSON.stringify(sent) }) })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new NoAnswerError(null, { cause: error })
  }
  let body: unknown = null
  try {
    body = await response.json()
  } catch (error) {
    if (signal?.aborted) throw error
    // An answer that broke off is none, however well it began.
    if (response.ok) throw new NoAnswerError(null, { cause: error })
  }
  if (response.ok) return body as T
  const refusal = errorOf(body)
  if (refusal) noteRefusal(refusal.code)
  throw refusal ? new RefusedError(refusal, response.status) : new NoAnswerError(response.status)
}

/** Asks an event stream's address why it gives no stream: a browser's EventSource tells no status. Takes no stream when one comes. */
export const askRefusal = async (url: string): Promise<void> => {
  const leave = new AbortController()
  try {
    const response = await fetch(url, { signal: leave.signal })
    const refusal = response.ok ? null : errorOf(await response.json())
    if (refusal) noteRefusal(refusal.code)
  } catch {
    // No answer of ours: the stream's next try says how it goes on.
  } finally {
    leave.abort()
  }
}

/** What to show for any error of a read: what happened and what to do next. */
export const describeReadError = (error: unknown): { readonly title: string; readonly hint: string | null } => {
  if (error instanceof RefusedError) return { title: error.message, hint: error.hint }
  if (error instanceof NoAnswerError) return { title: error.message, hint: 'Check that it is running and reachable, then try again.' }
  return { title: 'This could not be read.', hint: 'Try again; if it stays, the server’s log says why.' }
}

type Searchable = string | number | boolean | readonly (string | number)[] | null | undefined

/** Search params as the handlers read them: arrays as repeated keys, nothing for what is absent. */
export const searchOf = (values: Readonly<Record<string, Searchable>>): string => {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined || value === null || value === '') continue
    for (const one of Array.isArray(value) ? value : [value]) search.append(key, String(one))
  }
  return search.toString()
}
