/** People of every role for tests of the edge: active, with a password, in a control database of one's own. */
import type { Actor, Role, Tenancy } from '../../lib/tenancy/contract/index.ts'

export const passwordOfAll = 'correct horse battery'
export const cliActor: Actor = { kind: 'cli', id: null, label: 'root', role: 'admin' }

/** Invites a person and redeems the link. */
export const makePerson = async (tenancy: Tenancy, email: string, role: Role): Promise<Actor> => {
  const { token, person } = await tenancy.people.invite(cliActor, { email, name: '', role })
  await tenancy.people.redeem({ token, password: passwordOfAll })
  return { kind: 'person', id: person, label: email, role }
}

export const idOf = (actor: Actor): string => {
  if (actor.id === null) throw new Error(`${actor.label} is not a person`)
  return actor.id
}
