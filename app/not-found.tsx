import { SearchX } from 'lucide-react'
import Link from 'next/link'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'

export default function NotFound() {
  return (
    <>
      <h1 className="sr-only">Not found</h1>
      <EmptyState
        icon={SearchX}
        title="There is no such page"
        action={
          <Button asChild>
            <Link href="/">Go to the fleet</Link>
          </Button>
        }
      >
        The address may be misspelled, or what it names is gone. ⌘K finds tenants, runs and pages.
      </EmptyState>
    </>
  )
}
