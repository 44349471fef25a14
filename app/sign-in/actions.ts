'use server'
import { publicCommand } from '@/lib/server/command'
import { signInWithPassword } from '@/lib/server/sign-in'
import { signInInput } from '@/lib/tenancy/contract'

export const signIn = publicCommand({ name: 'account.signIn', input: signInInput }, async ({ input, tenancy, headers }) => {
  await signInWithPassword({ tenancy, headers, ...input })
})
