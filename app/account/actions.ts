'use server'
import { revalidatePath } from 'next/cache'
import { z } from 'zod'
import { command } from '@/lib/server/command'
import { changeOwnPassword, endOwnSession } from '@/lib/server/sign-in'
import { changePasswordInput, endSessionInput } from '@/lib/tenancy/contract'

const nothing = z.object({}).default({})

export const signOut = command({ name: 'account.signOut', permission: 'account.own', input: nothing }, async ({ actor, tenancy }) => {
  await endOwnSession({ actor, tenancy })
})

export const signOutEverywhere = command(
  { name: 'account.signOutEverywhere', permission: 'account.own', input: nothing },
  async ({ actor, person, session, tenancy }) => {
    const ended = await tenancy.people.signOutEverywhere(actor, { person: person.id, except: session })
    revalidatePath('/account')
    return ended
  },
)

export const endSession = command({ name: 'account.endSession', permission: 'account.own', input: endSessionInput }, async ({ actor, input, tenancy }) => {
  await tenancy.people.endSession(actor, input)
  revalidatePath('/account')
})

export const changePassword = command(
  { name: 'account.changePassword', permission: 'account.own', input: changePasswordInput },
  async ({ actor, input, tenancy }) => {
    await changeOwnPassword({ actor, tenancy, ...input })
    revalidatePath('/account')
  },
)
