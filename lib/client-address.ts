/** Which machine a request came from: found out where its socket is, told to everything behind by a header that no client can set. */
import type { IncomingMessage } from 'node:http'

/** Written over by the server with each request. */
export const clientHeader = 'x-tenantry-client'

const ofSocket = ({ socket }: IncomingMessage): string | null => socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '') ?? null

/**
 * Each trusted proxy appends whom it saw, so the client stands as many places from the end as there are proxies; what stands before it, the client may have
 * written itself. A list that is shorter did not come through all of them.
 */
const ofProxies = (forwarded: string, proxies: number): string | null => forwarded.split(',').at(-proxies)?.trim() || null

/**
 * Tells who is asking, whatever the request itself claims.
 * @param proxies how many proxies of our own stand before this server; 0: the socket's address counts
 */
export const stampClient = (request: IncomingMessage, proxies: number): void => {
  const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',')
  const client = (proxies > 0 ? ofProxies(forwarded, proxies) : null) ?? ofSocket(request)
  if (client === null) delete request.headers[clientHeader]
  else request.headers[clientHeader] = client
}
