'use server'
import { publicCommand } from '@/lib/server/command'
import { signInWithPassword } from '@/lib/server/sign-in'
import { redeemLinkInput } from '@/lib/tenancy/contract'

export const redeemLink = publicCommand({ name: 'people.redeem', input: redeemLinkInput }, async ({ input, tenancy, headers }) => {
  const { email } = await tenancy.people.redeem(input)
  await signInWithPassword({ tenancy, headers, email, password: input.password })
})
