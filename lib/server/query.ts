import 'server-only'
import { unstable_rethrow } from 'next/navigation'
import type { z } from 'zod'
import { errorTable, may, type Actor, type ErrorDocument, type Permission, type Tenancy } from '@/lib/tenancy/contract'
import { TenancyError } from '@/lib/tenancy'
import { getAsker, type Asker } from './asker'
import { registerEntry } from './edge-registry'
import { inputError } from './input-error'
import { fromSearchParams } from './search-input'
import { documentOf, forbiddenTo, refuse } from './refusal'
import { getTenancy } from './tenancy'

export type RouteContext = { readonly params: Promise<Readonly<Record<string, string | string[] | undefined>>> }

const errorResponse = (error: ErrorDocument): Response =>
  Response.json({ error }, { status: errorTable[error.code].status, headers: { 'Cache-Control': 'no-store' } })

/** Who asks, when their role has the permission. @throws auth.signed_out, auth.forbidden */
export const authorise = async ({ name, permission }: { readonly name: string; readonly permission: Permission }): Promise<Asker> => {
  const asker = await getAsker()
  if (!asker) throw new TenancyError('auth.signed_out')
  if (!may(asker.person.role, permission)) throw await refuse(forbiddenTo(asker.actor, permission), asker.actor, name)
  return asker
}

/** What a handler's work answers or throws, as a response that nobody keeps. */
export const respond = async (name: string, work: () => Promise<unknown>): Promise<Response> => {
  try {
    const answer = await work()
    if (answer instanceof Response) {
      if (!answer.headers.has('Cache-Control')) answer.headers.set('Cache-Control', 'no-store')
      return answer
    }
    return Response.json(answer ?? null, { headers: { 'Cache-Control': 'no-store' } })
  } catch (error) {
    unstable_rethrow(error)
    return errorResponse(documentOf(error, name))
  }
}

export type QueryContext<S extends z.ZodObject> = {
  readonly input: z.output<S>
  readonly actor: Actor
  readonly person: Asker['person']
  readonly tenancy: Tenancy
  /** Its `signal` tells that the browser has gone; its headers hold Last-Event-ID. */
  readonly request: Request
}

/**
 * A GET handler of app/api: who asks, permission, parse, handler. Search params (`a=1&a=2` for arrays) and route params are one input.
 * Answers the handler's Response as it is, everything else as JSON, a refusal as `{ error: ErrorDocument }` with the status of its code.
 * @example export const GET = query({ name: 'runs.items', permission: 'runs.read', input: runItemsInput }, ({ input, tenancy }) => tenancy.runs.items(input))
 */
export const query = <S extends z.ZodObject>(
  entry: { readonly name: string; readonly permission: Permission; readonly input: S },
  handler: (context: QueryContext<S>) => unknown,
): ((request: Request, context: RouteContext) => Promise<Response>) => {
  const { name, permission } = entry
  return registerEntry({ kind: 'query', name, permission }, (request: Request, context: RouteContext) =>
    respond(name, async () => {
      const asker = await authorise(entry)
      const raw = fromSearchParams(entry.input, new URL(request.url).searchParams, await context.params)
      const parsed = await entry.input.safeParseAsync(raw)
      if (!parsed.success) throw inputError(parsed.error.issues, raw)
      return handler({ input: parsed.data, actor: asker.actor, person: asker.person, tenancy: getTenancy(), request })
    }),
  )
}
