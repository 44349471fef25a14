import { Lock } from 'lucide-react'
import Link from 'next/link'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'

export default function Forbidden() {
  return (
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
  )
}
