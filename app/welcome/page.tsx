import type { Metadata } from 'next'
import Link from 'next/link'
import { Door } from '@/components/sign-in/door'
import { WelcomeForm } from '@/components/sign-in/welcome-form'
import { ErrorNote } from '@/components/ui/error-note'
import { Button } from '@/components/ui/button'
import type { SearchProps } from '@/lib/server/page-props'
import { readLink } from '@/lib/server/welcome'
import { redeemLink } from './actions'

export const metadata: Metadata = { title: 'Welcome', referrer: 'no-referrer' }

export default async function WelcomePage({ searchParams }: SearchProps) {
  const token = [(await searchParams).token].flat()[0] ?? ''
  const link = await readLink(token)
  if ('code' in link) {
    return (
      <Door title="This link does not open">
        <ErrorNote error={link} />
        <Button asChild>
          <Link href="/sign-in">Go to the sign-in page</Link>
        </Button>
      </Door>
    )
  }
  return (
    <Door title={link.name ? `Welcome, ${link.name}` : 'Welcome'}>
      <p className="text-sm text-muted">Choose a password. The link works once; afterwards you sign in with your e-mail address and this password.</p>
      <WelcomeForm email={link.email} token={token} redeem={redeemLink} />
    </Door>
  )
}
