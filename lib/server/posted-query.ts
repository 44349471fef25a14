import 'server-only'
import type { z } from 'zod'
import { env } from '@/lib/env'
import { TenancyError } from '@/lib/tenancy'
import type { Permission } from '@/lib/tenancy/contract'
import { registerEntry } from './edge-registry'
import { inputError } from './input-error'
import { isOwnOrigin } from './origin'
import { authorise, respond, type QueryContext, type RouteContext } from './query'
import { getTenancy } from './tenancy'

/** A form's answer is saved by the browser as it comes, where a script would hold all of it first. Its lines end otherwise than those that were written. */
const bodyOf = async (request: Request): Promise<object> => {
  if (request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') === true)
    return Object.fromEntries([...new URLSearchParams(await request.text())].map(([name, value]) => [name, value.replaceAll('\r\n', '\n')]))
  const body: unknown = await request.json().catch(() => null)
  if (typeof body !== 'object' || body === null) throw new TenancyError('input.invalid', { problem: 'the body is no JSON object', fields: [] })
  return body
}

/**
 * A POST handler of app/api that reads only: for what is too long for an address, such as a text of SQL. Route params win over the body.
 * Unlike server actions, which Next runs one after the other, many may be under way at once, and a browser can take one back.
 */
export const postedQuery = <S extends z.ZodObject>(
  entry: { readonly name: string; readonly permission: Permission; readonly input: S },
  handler: (context: QueryContext<S>) => unknown,
): ((request: Request, context: RouteContext) => Promise<Response>) => {
  const { name, permission, input } = entry
  return registerEntry({ kind: 'query', name, permission }, (request: Request, context: RouteContext) =>
    respond(name, async () => {
      const asker = await authorise(entry)
      if (!isOwnOrigin(request.headers, env.publicUrl)) throw new TenancyError('auth.origin', { origin: request.headers.get('origin') ?? 'no Origin header' })
      const raw = { ...(await bodyOf(request)), ...(await context.params) }
      const parsed = await input.safeParseAsync(raw)
      if (!parsed.success) throw inputError(parsed.error.issues, raw)
      return handler({ input: parsed.data, actor: asker.actor, person: asker.person, tenancy: getTenancy(), request })
    }),
  )
}
