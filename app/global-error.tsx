'use client'

import { ErrorState } from '@/components/ui/error-state'
import './globals.css'

/** Stands in for the whole document when even the frame could not be drawn: most often the control database is away. */
export default function GlobalError({ retry }: { readonly error: unknown; readonly retry: () => void }) {
  return (
    <html lang="en">
      <body>
        <title>Tenantry</title>
        <ErrorState
          title="The console cannot be shown."
          hint="Most often its control database does not answer: check that PostgreSQL is running. Runs go on where workers can reach it."
          retry={retry}
        />
      </body>
    </html>
  )
}
