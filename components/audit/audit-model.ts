import { z } from 'zod'
import { storableText, type AuditFilter } from '@/lib/tenancy/contract'

const upTo = (most: number) => storableText.trim().max(most, `is longer than ${most} characters`).optional()

const isDay = (text: string): boolean => z.iso.date().safeParse(text).success && !/^(0000|9999)/.test(text)
/** Of a year that both JavaScript and PostgreSQL can add a day to. A form sends its empty fields as well. */
const day = z
  .string()
  .trim()
  .refine((text) => text === '' || isDay(text), 'is not a day, such as 2026-02-28')
  .optional()

const rowNumber = 'is not the number of a row, such as 120'

/** The audit page's address. Days are UTC, the last one included. */
export const auditSearch = z.object({
  actor: upTo(120),
  action: upTo(80),
  subject: upTo(120),
  from: day,
  to: day,
  before: z.number(rowNumber).int(rowNumber).positive(rowNumber).optional(),
})
export type AuditSearch = z.output<typeof auditSearch>

const dayAfter = (date: string): string => new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString()

export const toAuditFilter = ({ actor, action, subject, from, to, before }: AuditSearch, limit: number): AuditFilter => ({
  actor: actor || undefined,
  action: action || undefined,
  subject: subject || undefined,
  from: from ? `${from}T00:00:00Z` : undefined,
  to: to ? dayAfter(to) : undefined,
  before,
  limit,
})

/** The same search as an address. */
export const auditHref = (path: string, search: AuditSearch, change: Readonly<Record<string, string | number | undefined>> = {}): string => {
  const entries = Object.entries({ ...search, ...change }).flatMap(([key, value]) => (value === undefined || value === '' ? [] : [[key, String(value)]]))
  return entries.length === 0 ? path : `${path}?${new URLSearchParams(entries)}`
}

export const isFiltered = (search: AuditSearch): boolean => auditHref('', search, { before: undefined }) !== ''

/** Where the page of a subject is; null when it has none. */
export const subjectHref = (kind: string, subject: string): string | null => {
  switch (kind) {
    case 'tenant':
      return `/tenants/${encodeURIComponent(subject)}`
    case 'run':
      return `/runs/${encodeURIComponent(subject)}`
    case 'set':
      return `/migrations/${encodeURIComponent(subject)}`
    default:
      return null
  }
}

/** Beginnings of action names, for the filter. */
export const auditAreas = ['account', 'audit', 'databases', 'onboarding', 'people', 'refused', 'runs', 'sessions', 'sets', 'tenants'] as const
