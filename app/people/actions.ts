'use server'
import { revalidatePath } from 'next/cache'
import { command } from '@/lib/server/command'
import { inviteInput, personInput, personRoleInput } from '@/lib/tenancy/contract'

export const invitePerson = command({ name: 'people.invite', permission: 'people.manage', input: inviteInput }, async ({ actor, input, tenancy }) => {
  const invited = await tenancy.people.invite(actor, input)
  revalidatePath('/people')
  return invited
})

export const linkPerson = command({ name: 'people.link', permission: 'people.manage', input: personInput }, ({ actor, input, tenancy }) =>
  tenancy.people.link(actor, input),
)

export const setPersonRole = command({ name: 'people.setRole', permission: 'people.manage', input: personRoleInput }, async ({ actor, input, tenancy }) => {
  await tenancy.people.setRole(actor, input)
  revalidatePath('/people')
})

export const disablePerson = command({ name: 'people.disable', permission: 'people.manage', input: personInput }, async ({ actor, input, tenancy }) => {
  await tenancy.people.disable(actor, input)
  revalidatePath('/people')
})

export const enablePerson = command({ name: 'people.enable', permission: 'people.manage', input: personInput }, async ({ actor, input, tenancy }) => {
  await tenancy.people.enable(actor, input)
  revalidatePath('/people')
})
