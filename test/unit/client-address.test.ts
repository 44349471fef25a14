import { createServer, get } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clientHeader, stampClient } from '../../lib/client-address.ts'

let proxies = 0
const server = createServer((request, response) => {
  stampClient(request, proxies)
  response.end(String(request.headers[clientHeader]))
})
let port = 0

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
})
afterAll(() => void server.close())

const seen = (headers: IncomingHttpHeaders): Promise<string> =>
  new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', headers }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => (text += String(chunk)))
      answer.on('end', () => resolve(text))
    }).on('error', reject)
  })

describe('who is asking', () => {
  it.each([
    ['the socket, when nothing is claimed', 0, {}, '127.0.0.1'],
    ['the socket, whatever is claimed without a trusted proxy', 0, { 'x-forwarded-for': '1.2.3.4', [clientHeader]: '5.6.7.8' }, '127.0.0.1'],
    ['whom the one proxy saw, not what the client wrote before', 1, { 'x-forwarded-for': '6.6.6.6, 10.1.1.1' }, '10.1.1.1'],
    ['whom the outer of two proxies saw', 2, { 'x-forwarded-for': '6.6.6.6, 9.9.9.9, 10.1.1.1' }, '9.9.9.9'],
    ['the socket, when a proxy was gone round', 2, { 'x-forwarded-for': '6.6.6.6' }, '127.0.0.1'],
    ['the socket, when the proxy says nothing', 1, { [clientHeader]: '5.6.7.8' }, '127.0.0.1'],
  ])('is %s', async (_, trusted, headers, client) => {
    proxies = trusted
    expect(await seen(headers)).toBe(client)
  })
})
