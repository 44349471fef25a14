/** What somebody is writing, as it survives a reload. */
import { z } from 'zod'
import { reportMissing, selectionSchema, type ReportMissing, type Selection } from '@/lib/tenancy/contract'

export type Draft = {
  readonly set: string
  readonly sql: string
  readonly params: Readonly<Record<string, string>>
  readonly selection: Selection
  /** What becomes of a tenant that lacks a column or table. */
  readonly missing: ReportMissing
  /** The run of the last try, shown below the text. */
  readonly trial: number | null
}

export const draftSchema = z.object({
  set: z.string(),
  sql: z.string(),
  params: z.record(z.string(), z.string()),
  selection: selectionSchema,
  missing: reportMissing.default('name'),
  trial: z.number().nullable(),
})

export const draftKey = (of: string): string => `tenantry.report-draft.${of}`

/** null for what is none, or one of an older console. */
export const parseKept = <T>(schema: z.ZodType<T>, text: string | null): T | null => {
  if (text === null) return null
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

export const parseDraft = (text: string | null): Draft | null => parseKept(draftSchema, text)
