import type { LucideIcon } from 'lucide-react'
import Link from 'next/link'
import { Button } from './button'
import { EmptyState } from './empty-state'

type Props = { readonly heading: string; readonly icon: LucideIcon; readonly title: string; readonly children: React.ReactNode }

/** A page that is not to be had, with the way back. */
export function DeadEnd({ heading, icon, title, children }: Props) {
  return (
    <>
      <h1 className="sr-only">{heading}</h1>
      <EmptyState
        icon={icon}
        title={title}
        action={
          <Button asChild>
            <Link href="/">Go to the fleet</Link>
          </Button>
        }
      >
        {children}
      </EmptyState>
    </>
  )
}
