import 'server-only'
import { ConnectionError } from '@/lib/connection'
import type { Answer } from '@/lib/on-call/answers'
import type { Tenancy } from '@/lib/tenancy/contract'
import { registerEntry } from './edge-registry'
import { getTenancy } from './tenancy'

/** Null when the environment names no control database, or no secret for it. */
const findTenancy = (): Tenancy | null => {
  try {
    return getTenancy()
  } catch (error) {
    if (error instanceof ConnectionError) return null
    throw error
  }
}

/** A GET handler that anybody may call: for probes and monitoring, which have no session. Whatever it answers is for everybody's eyes. */
export const openQuery = (name: string, handler: (tenancy: () => Tenancy | null, request: Request) => Answer | Promise<Answer>) =>
  registerEntry({ kind: 'query', name, permission: 'public' }, async (request: Request): Promise<Response> => {
    const { status, headers, body } = await handler(findTenancy, request)
    return new Response(body, { status, headers })
  })
