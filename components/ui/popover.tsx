'use client'

import { Popover as Radix } from 'radix-ui'
import { cn } from './class-names'

export const Popover = Radix.Root
export const PopoverTrigger = Radix.Trigger

export function PopoverContent({ className, align = 'start', sideOffset = 4, ...rest }: React.ComponentProps<typeof Radix.Content>) {
  return (
    <Radix.Portal>
      <Radix.Content
        align={align}
        sideOffset={sideOffset}
        collisionPadding={8}
        className={cn('z-50 rounded-lg border border-line bg-raised shadow-overlay animate-appear focus:outline-none', className)}
        {...rest}
      />
    </Radix.Portal>
  )
}
