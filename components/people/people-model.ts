import type { PersonRow, Role } from '@/lib/tenancy/contract'

/** Something that can be done to a person; the dialog says what will happen before it does. */
export type Deed =
  | { readonly kind: 'role'; readonly person: PersonRow; readonly role: Role }
  | { readonly kind: 'disable' | 'enable' | 'link'; readonly person: PersonRow }

export const peopleSentence = (people: readonly PersonRow[]): string => {
  const count = (state: PersonRow['state']): number => people.filter((person) => person.state === state).length
  const active = count('active')
  const rest = [
    [count('invited'), 'invited'],
    [count('disabled'), 'disabled'],
  ].flatMap(([number, word]) => (number === 0 ? [] : [`${number} ${word}`]))
  return [`${active} ${active === 1 ? 'person' : 'people'} active`, ...rest].join(', ')
}

export const deedWords = (
  deed: Deed,
  roleLabel: (role: Role) => string,
): { readonly title: string; readonly description: string; readonly button: string; readonly isDanger: boolean } => {
  const { email } = deed.person
  switch (deed.kind) {
    case 'role':
      return {
        title: `Make ${email} ${roleLabel(deed.role).toLowerCase()}?`,
        description: `Now ${roleLabel(deed.person.role).toLowerCase()}. The change counts from their next click on.`,
        button: 'Change the role',
        isDanger: false,
      }
    case 'disable':
      return {
        title: `Disable ${email}?`,
        description: 'Ends all their sessions and unused links at once. What they did stays in the audit; they can be enabled again.',
        button: 'Disable',
        isDanger: true,
      }
    case 'enable':
      return {
        title: `Enable ${email}?`,
        description: 'They can sign in again with the password they had.',
        button: 'Enable',
        isDanger: false,
      }
    case 'link':
      return {
        title: `Make a new link for ${email}?`,
        description: 'With it they set a new password, which ends their sessions. Older links of theirs stop working.',
        button: 'Make the link',
        isDanger: false,
      }
  }
}
