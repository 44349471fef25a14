'use client'

import { Check, Minus } from 'lucide-react'
import { Checkbox as Radix } from 'radix-ui'
import { cn } from './class-names'

/** `checked="indeterminate"` for "some". Needs a label: wrap it in one or give `aria-label`. */
export function Checkbox({ className, checked, ...rest }: React.ComponentProps<typeof Radix.Root>) {
  return (
    <Radix.Root
      checked={checked}
      className={cn(
        'relative inline-flex size-4 shrink-0 items-center justify-center rounded-sm border border-line-strong bg-surface align-middle transition-colors',
        'before:absolute before:-inset-2 before:content-[""]',
        'data-[state=checked]:border-accent data-[state=checked]:bg-accent data-[state=indeterminate]:border-accent data-[state=indeterminate]:bg-accent disabled:opacity-50',
        className,
      )}
      {...rest}
    >
      <Radix.Indicator className="text-on-accent">
        {checked === 'indeterminate' ? <Minus aria-hidden className="size-3" strokeWidth={3} /> : <Check aria-hidden className="size-3" strokeWidth={3} />}
      </Radix.Indicator>
    </Radix.Root>
  )
}
