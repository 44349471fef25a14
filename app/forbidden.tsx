import { Lock } from 'lucide-react'
import Link from 'next/link'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'

export default function Forbidden() {
  return (
    <>
      <h1 className="sr-only">Not allowed</h1>
      <EmptyState
        icon={Lock}
        title="Your role may not open this page"
        action={
          <Button asChild>
            <Link href="/">Go to the fleet</Link>
          </Button>
        }
      >
        An admin can change your role under People.
      </EmptyState>
    </>
  )
}
