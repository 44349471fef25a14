'use client'

import { CircleCheck, CircleX, Info } from 'lucide-react'
import { Toaster as Sonner } from 'sonner'
import { buttonClasses } from './button'
import { cn } from './class-names'

/** Where `toast(…)` of sonner shows up. Drawn with our own classes, so that it has both themes. */
export function Toaster() {
  return (
    <Sonner
      position="bottom-right"
      duration={6000}
      gap={8}
      containerAriaLabel="Notifications"
      icons={{
        success: <CircleCheck aria-hidden className="size-4 text-good-ink" />,
        error: <CircleX aria-hidden className="size-4 text-bad-ink" />,
        info: <Info aria-hidden className="size-4 text-accent-ink" />,
      }}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast: 'flex w-full items-start font-sans gap-3 rounded-lg border border-line bg-raised px-4 py-3 text-sm shadow-overlay sm:w-[360px]',
          icon: 'mt-0.5 shrink-0',
          content: 'min-w-0 flex-1',
          title: 'font-medium text-ink',
          description: 'mt-0.5 text-muted',
          actionButton: cn(buttonClasses('secondary', 'sm'), 'self-center'),
          cancelButton: cn(buttonClasses('ghost', 'sm'), 'self-center'),
        },
      }}
    />
  )
}
