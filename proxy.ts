import { randomBytes } from 'node:crypto'
import { NextResponse, type NextRequest } from 'next/server'
import { env } from '@/lib/env'
import { isOwnOrigin } from '@/lib/server/origin'
import { pathHeader } from '@/lib/server/path-header'
import { contentSecurityPolicy, securityHeaders } from '@/lib/server/security-headers'
import { describeError } from '@/lib/tenancy/contract'

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

const pathOf = ({ nextUrl }: NextRequest): string => {
  const search = new URLSearchParams(nextUrl.search)
  search.delete('_rsc')
  return search.size === 0 ? nextUrl.pathname : `${nextUrl.pathname}?${search}`
}

/** Stands before every page, action and handler: refuses what other sites send, and gives each answer its security headers. */
export const proxy = (request: NextRequest): NextResponse => {
  const options = {
    nonce: randomBytes(16).toString('base64'),
    isHttps: env.publicUrl?.startsWith('https:') ?? false,
    isDevelopment: env.mode === 'development',
  }
  const answer = reading.has(request.method) || isOwnOrigin(request.headers, env.publicUrl) ? goOn(request, options) : refuse(request)
  for (const [name, value] of securityHeaders(options)) answer.headers.set(name, value)
  return answer
}

const goOn = (request: NextRequest, options: Parameters<typeof contentSecurityPolicy>[0]): NextResponse => {
  const headers = new Headers(request.headers)
  headers.set('x-nonce', options.nonce)
  // Next reads the nonce for its own scripts from here.
  headers.set('Content-Security-Policy', contentSecurityPolicy(options))
  headers.set(pathHeader, pathOf(request))
  return NextResponse.next({ request: { headers } })
}

const refuse = (request: NextRequest): NextResponse => {
  const error = describeError('auth.origin', { origin: request.headers.get('origin') ?? 'no Origin header' })
  return NextResponse.json({ error }, { status: 403, headers: { 'Cache-Control': 'no-store' } })
}

export const config = { matcher: ['/((?!_next/static|_next/image|favicon.ico|icon.svg).*)'] }
