'use client'

import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { Button } from './button'
import { cn } from './class-names'
import { overlayClasses } from './dialog'

export const Sheet = Radix.Root
export const SheetTrigger = Radix.Trigger

type Props = Omit<React.ComponentProps<typeof Radix.Content>, 'title'> & {
  readonly title: React.ReactNode
  readonly side?: 'left' | 'right'
  /** Beside a list the page stays usable: give the root `modal={false}` and no veil is drawn. */
  readonly veil?: boolean
  readonly headerActions?: React.ReactNode
}

/** A panel that slides in beside what it belongs to. */
export function SheetContent({ title, side = 'right', veil = true, headerActions, className, children, ...rest }: Props) {
  return (
    <Radix.Portal>
      {veil ? <Radix.Overlay className={overlayClasses} /> : null}
      <Radix.Content
        aria-describedby={undefined}
        className={cn(
          'fixed inset-y-0 z-50 flex w-full flex-col border-line bg-raised shadow-overlay focus:outline-none',
          side === 'right' ? 'right-0 max-w-[560px] border-l animate-slide-in' : 'left-0 max-w-[280px] border-r animate-slide-in-left',
          className,
        )}
        {...rest}
      >
        <div className="flex h-12 shrink-0 items-center gap-2 border-b border-line px-4">
          <Radix.Title className="min-w-0 flex-1 truncate text-base font-semibold">{title}</Radix.Title>
          {headerActions}
          <Radix.Close asChild>
            <Button variant="ghost" size="icon-sm" aria-label="Close">
              <X aria-hidden />
            </Button>
          </Radix.Close>
        </div>
        <div className="min-h-0 flex-1 overflow-y-auto">{children}</div>
      </Radix.Content>
    </Radix.Portal>
  )
}
