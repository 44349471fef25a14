import { expect, test } from 'vitest'
import { fieldProblems } from '../../../lib/client/field-problems.ts'
import { inputError } from '../../../lib/server/input-error.ts'
import { inviteInput, listTenantsInput, redeemLinkInput } from '../../../lib/tenancy/contract/index.ts'
import type { z } from 'zod'

const problems = (schema: z.ZodType, input: unknown) => {
  const { error } = schema.safeParse(input)
  return fieldProblems(error ? inputError(error.issues, input).toDocument() : null)
}

test('each field has a sentence with what was given, but for secrets', () => {
  expect(problems(inviteInput, { email: 'notamail', role: 'admin' })).toEqual([
    { field: 'email', sentence: '“notamail” is not an e-mail address, such as ada@example.com.' },
  ])
  expect(problems(redeemLinkInput, { token: 'x', password: 'short' })).toEqual([{ field: 'password', sentence: 'Needs at least 10 characters.' }])
  expect(problems(inviteInput, { email: '', role: 'admin' })[0]?.sentence).toBe('Is not an e-mail address, such as ada@example.com.')
})

test('an entry of a list is one of its field’s', () => {
  expect(problems(listTenantsInput, { state: ['active', 'bogus'] })).toEqual([
    { field: 'state', sentence: '“bogus” is none of provisioning, active, suspended, archived.' },
  ])
})

test('other refusals name no field', () => expect(fieldProblems({ code: 'internal', message: 'It broke.', hint: null, details: {} })).toEqual([]))
