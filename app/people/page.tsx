import type { Metadata } from 'next'
import { PeopleView } from '@/components/people/people-view'
import { requireAsker } from '@/lib/server/asker'
import { getTenancy } from '@/lib/server/tenancy'
import { may } from '@/lib/tenancy/contract'
import { disablePerson, enablePerson, invitePerson, linkPerson, setPersonRole } from './actions'

export const metadata: Metadata = { title: 'People' }

export default async function PeoplePage() {
  const { person } = await requireAsker('people.read')
  const people = await getTenancy().people.list()
  const actions = {
    invite: invitePerson,
    link: linkPerson,
    setRole: setPersonRole,
    disable: disablePerson,
    enable: enablePerson,
  }
  return <PeopleView people={people} self={person.id} actions={may(person.role, 'people.manage') ? actions : null} />
}
