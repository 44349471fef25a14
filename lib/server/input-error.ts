import type { z } from 'zod'
import { TenancyError } from '@/lib/tenancy'

const secretFields = /password|token|secret|url/i

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined), input)

/** Parsing goes deeper than writing does. */
const jsonOf = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(value)
  } catch {
    return '…'
  }
}

const shown = (value: unknown): string | null => {
  if (value === undefined) return null
  const text = typeof value === 'string' ? value : jsonOf(value)
  return text === undefined ? null : text.length > 80 ? `${text.slice(0, 80)}…` : text
}

export type FieldProblem = { readonly field: string; readonly value: string | null; readonly message: string }

/** `state.0` is an address for programs; to people it is one of the values of `state`. */
const nameOf = (field: string): string => field.replace(/\.\d+$/, '')

/**
 * `input.invalid` that names each field, what was given and what would be right.
 * Values of secret fields are left out; `details.fields` holds one entry a problem, at most 20.
 */
export const inputError = (issues: readonly z.core.$ZodIssue[], input: unknown): TenancyError => {
  const fields = issues.slice(0, 20).map((issue): FieldProblem => {
    const field = issue.path.map(String).join('.')
    return { field, value: secretFields.test(field) ? null : shown(valueAt(input, issue.path)), message: issue.message }
  })
  const sentences = fields.slice(0, 3).map(({ field, value, message }) => {
    const subject = [field === '' ? 'the input' : nameOf(field), value === null || message.includes(`“${value}”`) ? [] : `“${value}”`].flat().join(' ')
    // Sentences of ours go on from the field's name; zod's own begin anew.
    return /^[a-z]/.test(message) ? `${subject} ${message}` : `${subject}: ${message}`
  })
  const more = issues.length > 3 ? ` … and ${issues.length - 3} more` : ''
  return new TenancyError('input.invalid', { problem: `${sentences.join('; ')}${more}`, fields })
}
