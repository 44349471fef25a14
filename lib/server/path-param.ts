import 'server-only'
import { notFound } from 'next/navigation'
import type { z } from 'zod'

/** A part of a page’s address, which Next hands over as it stands there; null when it is not what such a part can be. */
export const readParam = <T>(schema: z.ZodType<T>, part: string): T | null => {
  try {
    return schema.safeParse(decodeURIComponent(part)).data ?? null
  } catch {
    return null
  }
}

/** The same, or the page “not found”. */
export const requireParam = <T>(schema: z.ZodType<T>, part: string): T => readParam(schema, part) ?? notFound()
