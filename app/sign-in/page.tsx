import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { Door } from '@/components/sign-in/door'
import { SignInForm } from '@/components/sign-in/sign-in-form'
import { getAsker } from '@/lib/server/asker'
import type { SearchProps } from '@/lib/server/page-props'
import { ownPath } from '@/lib/server/path-header'
import { signIn } from './actions'

export const metadata: Metadata = { title: 'Sign in' }

export default async function SignInPage({ searchParams }: SearchProps) {
  const next = ownPath([(await searchParams).next].flat()[0])
  if (await getAsker()) redirect(next)
  return (
    <Door title="Sign in">
      <SignInForm signIn={signIn} next={next} />
      <p className="text-xs text-muted">No account, or a forgotten password? Ask an admin for a link.</p>
    </Door>
  )
}
