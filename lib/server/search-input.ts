import { z } from 'zod'

/** What a field holds inside its optional, default, nullable and pipe wrappings. */
const innermost = (schema: z.core.$ZodType): z.core.$ZodType => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable || schema instanceof z.ZodPrefault)
    return innermost(schema.def.innerType)
  if (schema instanceof z.ZodPipe) return innermost(schema.def.in)
  return schema
}

const one = (schema: z.core.$ZodType, text: string): unknown => {
  const inner = innermost(schema)
  if (inner instanceof z.ZodNumber) return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
  if (inner instanceof z.ZodBoolean) return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text
  return text
}

/**
 * Texts of an address as the input that a schema expects: numbers, booleans, and arrays from a repeated key.
 * What does not fit stays text, so that the schema's own sentence says what is wrong. Route params win over search params.
 */
export const fromSearchParams = (
  schema: z.ZodObject,
  search: URLSearchParams,
  params: Readonly<Record<string, string | string[] | undefined>> = {},
): Record<string, unknown> => {
  const entries = Object.entries(schema.shape).flatMap(([key, field]): [string, unknown][] => {
    const fromPath = params[key]
    const texts = fromPath === undefined ? search.getAll(key) : [fromPath].flat()
    const first = texts[0]
    if (first === undefined) return []
    const inner = innermost(field)
    return [[key, inner instanceof z.ZodArray ? texts.map((text) => one(inner.element, text)) : one(field, first)]]
  })
  return Object.fromEntries(entries)
}
