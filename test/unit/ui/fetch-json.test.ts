import { afterEach, expect, test, vi } from 'vitest'
import { fetchJson, NoAnswerError, RefusedError } from '../../../lib/client/fetch-json.ts'

afterEach(() => vi.unstubAllGlobals())

const answerWith = (body: BodyInit | null, init?: ResponseInit): void => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, init)))
}
/** Headers and a part of the body come, and then the connection is lost. */
const brokenOff = (): ReadableStream =>
  new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('{"revision":')),
    pull: (controller) => controller.error(new TypeError('network error')),
  })

test('an answer is what it says, nothing as well', async () => {
  answerWith('{"a":1}')
  expect(await fetchJson('/a')).toEqual({ a: 1 })
  answerWith('null')
  expect(await fetchJson('/a')).toBeNull()
})

test('an answer that breaks off is none', async () => {
  answerWith(brokenOff())
  await expect(fetchJson('/a')).rejects.toBeInstanceOf(NoAnswerError)
  answerWith('{"revision":')
  await expect(fetchJson('/a')).rejects.toBeInstanceOf(NoAnswerError)
})

test('one that was taken back is taken back, and no answer', async () => {
  const taken = new AbortController()
  taken.abort(new DOMException('taken back', 'AbortError'))
  answerWith(brokenOff())
  await expect(fetchJson('/a', { signal: taken.signal })).rejects.not.toBeInstanceOf(NoAnswerError)
})

test('a refusal is told, and what is no refusal of ours by its status', async () => {
  answerWith('{"error":{"code":"run.unknown","message":"There is no run 9."}}', { status: 404 })
  await expect(fetchJson('/a')).rejects.toBeInstanceOf(RefusedError)
  answerWith('<html>', { status: 502 })
  await expect(fetchJson('/a')).rejects.toMatchObject({ name: 'NoAnswerError', status: 502 })
})
