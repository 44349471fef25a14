'use client'

import { ErrorState } from '@/components/ui/error-state'

const digestOf = (error: unknown): string | null => (error instanceof Error && 'digest' in error && typeof error.digest === 'string' ? error.digest : null)

export default function PageError({ error, retry }: { readonly error: unknown; readonly retry: () => void }) {
  const digest = digestOf(error)
  return (
    <ErrorState
      title="This page could not be shown."
      hint={`Nothing was changed. Try again; if it stays, the log has the cause${digest ? ` under ${digest}` : ''}.`}
      retry={retry}
    />
  )
}
