'use client'

import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { ListTable } from '@/components/ui/list-table'
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from '@/components/ui/menu'
import { Page, PageHeader } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import { roles, type CommandResult, type PersonRow, type Role } from '@/lib/tenancy/contract'
import { DeedDialog } from './deed-dialog'
import { InviteDialog } from './invite-dialog'
import { peopleSentence, type Deed } from './people-model'
import { personStateLooks } from './person-state'
import { roleWords } from './role-words'

type Done = Promise<CommandResult<void>>
type Link = Promise<CommandResult<{ readonly token: string; readonly expiresAt: string }>>

export type PeopleActions = {
  readonly invite: (input: { email: string; name: string; role: Role }) => Link
  readonly link: (input: { person: string }) => Link
  readonly setRole: (input: { person: string; role: Role }) => Done
  readonly disable: (input: { person: string }) => Done
  readonly enable: (input: { person: string }) => Done
}

type Props = {
  readonly people: readonly PersonRow[]
  /** The id of the one who looks. */
  readonly self: string
  /** Null for those who may only look. */
  readonly actions: PeopleActions | null
}

const perform = (actions: PeopleActions) => (deed: Deed) => {
  const person = deed.person.id
  return deed.kind === 'role' ? actions.setRole({ person, role: deed.role }) : actions[deed.kind]({ person })
}

const headings = ['Person', 'Role', 'State', 'Last seen', 'Since'] as const
/** On a telephone there is room for what can be done with somebody instead. */
const onWide = ['Last seen', 'Since'] as const

export function PeopleView({ people, self, actions }: Props) {
  const [deed, setDeed] = useState<Deed | null>(null)
  return (
    <Page>
      <PageHeader title="People" actions={actions ? <InviteDialog invite={actions.invite} /> : null}>
        {peopleSentence(people)}
      </PageHeader>
      <ListTable label="People" headings={headings} onWide={onWide} hasMenus={actions !== null}>
        {people.map((person) => (
          <tr key={person.id} className="h-9 border-b border-line last:border-0 hover:bg-hover">
            <td className="px-3 py-1.5 pl-4">
              <span className="font-medium max-sm:break-all">{person.email}</span>{' '}
              <span className="px-1 text-muted max-md:block max-md:px-0">{person.name}</span>{' '}
              {person.id === self ? <span className="text-xs text-faint">you</span> : null}
            </td>
            <td className="px-3">{roleWords[person.role].label}</td>
            <td className="px-3">
              <StateBadge look={personStateLooks[person.state]} />
            </td>
            <td className="px-3 whitespace-nowrap text-muted max-sm:hidden">
              <RelativeTime at={person.lastSeenAt} none="never" />
            </td>
            <td className="px-3 whitespace-nowrap text-muted max-sm:hidden">
              <RelativeTime at={person.createdAt} />
            </td>
            {actions ? (
              <td className="px-1 text-right">
                <PersonMenu person={person} onChoose={setDeed} />
              </td>
            ) : null}
          </tr>
        ))}
      </ListTable>
      {deed && actions ? <DeedDialog deed={deed} perform={perform(actions)} onClose={() => setDeed(null)} /> : null}
    </Page>
  )
}

function PersonMenu({ person, onChoose }: { readonly person: PersonRow; readonly onChoose: (deed: Deed) => void }) {
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="ghost" size="icon-sm" aria-label={`Actions for ${person.email}`}>
          <Ellipsis aria-hidden />
        </Button>
      </MenuTrigger>
      <MenuContent>
        {roles
          .filter((role) => role !== person.role)
          .map((role) => (
            <MenuItem key={role} onSelect={() => onChoose({ kind: 'role', person, role })}>
              Make {roleWords[role].label.toLowerCase()}
            </MenuItem>
          ))}
        <MenuSeparator />
        {person.state === 'disabled' ? (
          <MenuItem onSelect={() => onChoose({ kind: 'enable', person })}>Enable</MenuItem>
        ) : (
          <>
            <MenuItem onSelect={() => onChoose({ kind: 'link', person })}>New link</MenuItem>
            <MenuItem danger onSelect={() => onChoose({ kind: 'disable', person })}>
              Disable
            </MenuItem>
          </>
        )}
      </MenuContent>
    </Menu>
  )
}
