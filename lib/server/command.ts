import 'server-only'
import { headers } from 'next/headers'
import { createSafeActionClient } from 'next-safe-action'
import { z } from 'zod'
import { env } from '@/lib/env'
import { may, type Actor, type CommandResult, type ErrorDocument, type Permission, type Tenancy } from '@/lib/tenancy/contract'
import { isTenancyError, TenancyError } from '@/lib/tenancy'
import { getAsker, type Asker } from './asker'
import { registerEntry, type EntryPermission } from './edge-registry'
import { inputError } from './input-error'
import { isOwnOrigin } from './origin'
import { documentOf, forbiddenTo, refuse } from './refusal'
import { getTenancy } from './tenancy'

const client = createSafeActionClient({
  defineMetadataSchema: () => z.object({ name: z.string(), permission: z.string() }),
  handleServerError: (error, { metadata }): ErrorDocument => documentOf(error, metadata.name),
})

const checkOrigin = async (asker: Asker | null, name: string): Promise<void> => {
  const sent = await headers()
  if (isOwnOrigin(sent, env.publicUrl)) return
  const error = new TenancyError('auth.origin', { origin: sent.get('origin') ?? 'no Origin header' })
  throw asker ? await refuse(error, asker.actor, name) : error
}

/** Parsing stands after authorisation, so that somebody without the right learns nothing about the input. */
const parse = async <S extends z.ZodType>(schema: S, input: unknown): Promise<z.output<S>> => {
  const parsed = await schema.safeParseAsync(input)
  if (!parsed.success) throw inputError(parsed.error.issues, input)
  return parsed.data
}

type ServerAction<S extends z.ZodType, T> = (input: z.input<S>) => Promise<CommandResult<T>>

const expose = <S extends z.ZodType, T>(
  entry: { readonly name: string; readonly permission: EntryPermission },
  action: (input: unknown) => Promise<{ readonly data?: T; readonly serverError?: ErrorDocument }>,
): ServerAction<S, T> =>
  registerEntry({ kind: 'command', ...entry }, async (input: z.input<S>): Promise<CommandResult<T>> => {
    const { data, serverError } = await action(input)
    // `data` is absent for commands that answer nothing.
    return serverError ? { ok: false, error: serverError } : { ok: true, data: data as T }
  })

export type CommandContext<S extends z.ZodType> = {
  readonly input: z.output<S>
  readonly actor: Actor
  readonly person: Asker['person']
  readonly session: string
  readonly tenancy: Tenancy
}

/**
 * A server action: origin check, who asks, permission, parse, handler; the answer is data or the refusal, never an exception
 * (redirects of Next pass through). What is refused leaves an audit row, for want of permission or by the handler; what is done leaves that of its library call.
 * @example export const startRun = command({ name: 'runs.start', permission: 'runs.start', input: startRunInput }, ({ actor, input, tenancy }) => tenancy.runs.start(actor, input))
 */
export const command = <S extends z.ZodType, T>(
  entry: { readonly name: string; readonly permission: Permission; readonly input: S },
  handler: (context: CommandContext<S>) => Promise<T> | T,
): ServerAction<S, T> => {
  const { name, permission } = entry
  const action = client
    .metadata({ name, permission })
    .use(async ({ next }) => {
      const asker = await getAsker()
      await checkOrigin(asker, name)
      if (!asker) throw new TenancyError('auth.signed_out')
      if (!may(asker.person.role, permission)) throw await refuse(forbiddenTo(asker.actor, permission), asker.actor, name)
      return next({ ctx: { asker } })
    })
    .inputSchema(z.unknown())
    .action(async ({ parsedInput, ctx: { asker } }) => {
      const input = await parse(entry.input, parsedInput)
      try {
        return await handler({ input, actor: asker.actor, person: asker.person, session: asker.session, tenancy: getTenancy() })
      } catch (error) {
        throw isTenancyError(error) ? await refuse(error, asker.actor, name) : error
      }
    })
  return expose<S, T>(entry, action)
}

/** A server action for people who are signed out: signing in and redeeming a link. Everything else is a `command`. */
export const publicCommand = <S extends z.ZodType, T>(
  entry: { readonly name: string; readonly input: S },
  handler: (context: { readonly input: z.output<S>; readonly tenancy: Tenancy; readonly headers: Headers }) => Promise<T> | T,
): ServerAction<S, T> => {
  const permission = 'public'
  const action = client
    .metadata({ name: entry.name, permission })
    .use(async ({ next }) => {
      await checkOrigin(null, entry.name)
      return next()
    })
    .inputSchema(z.unknown())
    .action(async ({ parsedInput }) => handler({ input: await parse(entry.input, parsedInput), tenancy: getTenancy(), headers: await headers() }))
  return expose<S, T>({ name: entry.name, permission }, action)
}
