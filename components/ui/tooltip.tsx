'use client'

import { Tooltip as Radix } from 'radix-ui'

export const TooltipProvider = Radix.Provider

type Props = {
  readonly content: React.ReactNode
  /** Must be something that takes focus, or the tip is out of the keyboard's reach. */
  readonly children: React.ReactNode
  readonly side?: 'top' | 'right' | 'bottom' | 'left'
}

export function Tooltip({ content, children, side = 'top' }: Props) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 max-w-80 rounded-md bg-ink px-2 py-1 text-xs text-canvas shadow-overlay animate-appear"
        >
          {content}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
