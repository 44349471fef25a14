'use client'

import { LogIn } from 'lucide-react'
import { AlertDialog } from 'radix-ui'
import { Button } from '@/components/ui/button'
import { overlayClasses } from '@/components/ui/dialog'
import { signInHref } from '@/lib/client/signed-out'
import { useSignedOut } from '@/lib/client/use-signed-out'

/** Stands over everything as soon as the server says that nobody is signed in: what is below is out of date, and nothing can be done with it. */
export function SignedOutNote() {
  const isOut = useSignedOut()
  if (!isOut) return null
  return (
    <AlertDialog.Root open>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={overlayClasses} />
        <AlertDialog.Content
          onEscapeKeyDown={(event) => event.preventDefault()}
          className="fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-32px)] max-w-md -translate-x-1/2 rounded-lg border border-line bg-raised p-5 shadow-overlay animate-appear focus:outline-none"
        >
          <AlertDialog.Title className="text-base font-semibold">You are signed out</AlertDialog.Title>
          <AlertDialog.Description className="mt-1 text-sm text-muted">
            Your session was ended, or your account disabled. What stands behind this is no longer kept up to date. Signing in leads back to this page.
          </AlertDialog.Description>
          <div className="mt-5 flex justify-end">
            <Button variant="primary" asChild>
              {/* A whole new page, so that nothing drawn for whoever was signed in stays. */}
              <a href={signInHref(window.location)}>
                <LogIn aria-hidden />
                Sign in again
              </a>
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
