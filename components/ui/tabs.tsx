'use client'

import { Tabs as Radix } from 'radix-ui'
import { cn } from './class-names'

export const Tabs = Radix.Root
export const TabsContent = Radix.Content

export function TabsList({ className, ...rest }: React.ComponentProps<typeof Radix.List>) {
  return <Radix.List className={cn('flex gap-4 overflow-x-auto overflow-y-hidden [scrollbar-width:none] px-1 border-b border-line', className)} {...rest} />
}

export function TabsTrigger({ className, ...rest }: React.ComponentProps<typeof Radix.Trigger>) {
  return (
    <Radix.Trigger
      className={cn(
        '-mx-1 -mb-px flex h-9 items-center gap-1.5 border-b-2 border-transparent px-1 text-sm whitespace-nowrap text-muted hover:text-ink focus-visible:-outline-offset-2',
        'data-[state=active]:border-accent-ink data-[state=active]:text-ink data-[state=active]:font-medium',
        className,
      )}
      {...rest}
    />
  )
}
