import type { z } from 'zod'
import type { ErrorDocument } from '@/lib/tenancy/contract'
import { inputError } from './input-error'
import { fromSearchParams } from './search-input'

export type SearchParams = Readonly<Record<string, string | string[] | undefined>>

/** Props of a page without route params. */
export type SearchProps = { readonly searchParams: Promise<SearchParams> }

/** Next's search params as the web's own, so that pages and handlers read them by the same rules. */
export const toSearchParams = (params: SearchParams): URLSearchParams =>
  new URLSearchParams(Object.entries(params).flatMap(([key, value]) => [value ?? []].flat().map((text): [string, string] => [key, text])))

type Read<T> = { readonly input: T; readonly error: null } | { readonly input: null; readonly error: ErrorDocument }

/** What a page's address asks for; or what of it is not understood, since a filter that is left out shows more than was asked for. */
export const readSearch = <S extends z.ZodObject>(schema: S, params: SearchParams): Read<z.output<S>> => {
  const raw = fromSearchParams(schema, toSearchParams(params))
  const parsed = schema.safeParse(raw)
  return parsed.success ? { input: parsed.data, error: null } : { input: null, error: inputError(parsed.error.issues, raw).toDocument() }
}
