import type { Metadata } from 'next'
import { PasswordForm } from '@/components/account/password-form'
import { SessionList } from '@/components/account/session-list'
import { SignOutButton } from '@/components/account/sign-out-button'
import { roleWords } from '@/components/people/role-words'
import { Page, PageHeader } from '@/components/ui/page-header'
import { requireAsker } from '@/lib/server/asker'
import { getTenancy } from '@/lib/server/tenancy'
import { changePassword, endSession, signOut, signOutEverywhere } from './actions'

export const metadata: Metadata = { title: 'Account' }

export default async function AccountPage() {
  const { person, session } = await requireAsker('account.own')
  const sessions = await getTenancy().people.sessions(person.id)
  const { label, may } = roleWords[person.role]
  return (
    <Page className="max-w-3xl">
      <PageHeader title={person.name || person.email} actions={<SignOutButton signOut={signOut} />}>
        {person.name ? `${person.email} · ` : ''}
        {label}: {may}.
      </PageHeader>
      <SessionList sessions={sessions} current={session} endSession={endSession} signOutEverywhere={signOutEverywhere} />
      <PasswordForm email={person.email} changePassword={changePassword} />
    </Page>
  )
}
