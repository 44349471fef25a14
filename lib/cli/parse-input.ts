import type { z } from 'zod'
import { fieldSentence } from '../field-sentence.ts'
import { TenancyError } from '../tenancy/index.ts'

/** As the option is called: an argument's name is one word. */
const asTyped = (name: string): string => {
  if (name === 'slugs' || name === 'selection.slugs') return '--tenants'
  return /[A-Z]/.test(name) ? `--${name.replaceAll(/[A-Z]/g, (sign) => `-${sign.toLowerCase()}`)}` : name
}

/** Where in a list a value stands tells nobody anything who typed a single one. */
const sentenceOf = (field: string, message: string): string => {
  const name = asTyped(field.replaceAll(/(^|\.)\d+(?=\.|$)/g, '').replace(/^\./, ''))
  if (name === '' || message.startsWith('“')) return message
  return fieldSentence(name, message)
}

/**
 * Checks what was typed against a command's schema. Throws input.invalid naming the first things that are wrong; `details.fields` has all of them.
 */
export const parseInput = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const fields = parsed.error.issues.map((issue) => ({ field: issue.path.join('.'), message: issue.message }))
  const sentences = fields.slice(0, 3).map(({ field, message }) => sentenceOf(field, message))
  const more = fields.length > 3 ? ` and ${fields.length - 3} more` : ''
  throw new TenancyError('input.invalid', { problem: `${sentences.join('; ')}${more}`, fields: fields.slice(0, 100) })
}

export const invalid = (problem: string): TenancyError => new TenancyError('input.invalid', { problem })
