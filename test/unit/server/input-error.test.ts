import { expect, test } from 'vitest'
import type { z } from 'zod'
import { inputError } from '../../../lib/server/input-error.ts'
import { addDatabaseInput, inviteInput, redeemLinkInput, retryInput } from '../../../lib/tenancy/contract/index.ts'

const refusal = (schema: z.ZodType, input: unknown) => {
  const parsed = schema.safeParse(input)
  if (parsed.success) throw new Error('the input is valid')
  return inputError(parsed.error.issues, input).toDocument()
}

test('names the field, the value and what would be right', () => {
  const document = refusal(inviteInput, { email: 'ada', role: 'admin' })
  expect(document.code).toBe('input.invalid')
  expect(document.message).toBe('The input is not valid: email “ada” is not an e-mail address, such as ada@example.com')
  expect(document.details.fields).toEqual([{ field: 'email', value: 'ada', message: 'is not an e-mail address, such as ada@example.com' }])
})

test('never repeats a password, a token or a connection string', () => {
  const link = JSON.stringify(refusal(redeemLinkInput, { token: 'x'.repeat(201), password: 'hunter2' }))
  expect(link).not.toContain('hunter2')
  expect(link).not.toContain('xxx')
  expect(JSON.stringify(refusal(addDatabaseInput, { name: 'App', url: 5432 }))).not.toContain('5432')
})

test('a long list of problems is cut, and says so', () => {
  const document = refusal(retryInput, { run: 1, slugs: Array.from({ length: 200 }, () => 'Not A Slug') })
  expect(document.message).toMatch(/and 197 more$/)
  expect(document.details.fields).toHaveLength(20)
})

test('a long value is cut', () => {
  expect(refusal(inviteInput, { email: `${'a'.repeat(300)}@example.com`, role: 'admin' }).message.length).toBeLessThan(300)
})

test('no input at all', () => {
  expect(refusal(inviteInput, undefined).message).toMatch(/^The input is not valid: the input/)
})
