import type { ErrorDocument } from '@/lib/tenancy/contract'

type Field = { readonly field: string; readonly value: string | null; readonly message: string }
const isField = (problem: unknown): problem is Field =>
  typeof problem === 'object' &&
  problem !== null &&
  'field' in problem &&
  'message' in problem &&
  'value' in problem &&
  typeof problem.field === 'string' &&
  typeof problem.message === 'string' &&
  (problem.value === null || typeof problem.value === 'string')

const sentenceOf = ({ value, message }: Field): string => {
  if (value !== null && value !== '' && /^(is|are) /.test(message) && !message.includes(`“${value}”`)) return `“${value}” ${message}.`
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`
}

/** What an `input.invalid` says about each field, in sentences of their own; an entry of a list counts as its field. */
export const fieldProblems = (error: ErrorDocument | null): ReadonlyArray<{ readonly field: string; readonly sentence: string }> => {
  const fields: unknown = error?.details.fields
  return Array.isArray(fields) ? fields.filter(isField).map((problem) => ({ field: problem.field.replace(/\.\d+$/, ''), sentence: sentenceOf(problem) })) : []
}
