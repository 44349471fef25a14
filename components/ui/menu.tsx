'use client'

import { Check } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import { cn } from './class-names'

/** Not modal: the page behind stays what it is for those who read it aloud. */
export function Menu(props: React.ComponentProps<typeof Radix.Root>) {
  return <Radix.Root modal={false} {...props} />
}
export const MenuTrigger = Radix.Trigger
export const MenuRadioGroup = Radix.RadioGroup

const itemClasses =
  'relative flex h-8 cursor-default items-center gap-2 rounded-sm px-2 text-sm outline-none select-none data-[highlighted]:bg-hover data-[disabled]:opacity-50 [&_svg]:size-3.5 [&_svg]:shrink-0 [&_svg]:text-muted'

export function MenuContent({ className, align = 'end', sideOffset = 4, ...rest }: React.ComponentProps<typeof Radix.Content>) {
  return (
    <Radix.Portal>
      <Radix.Content
        align={align}
        sideOffset={sideOffset}
        collisionPadding={8}
        className={cn(
          'z-50 max-h-[min(60vh,var(--radix-dropdown-menu-content-available-height))] min-w-44 overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-overlay animate-appear',
          className,
        )}
        {...rest}
      />
    </Radix.Portal>
  )
}

export function MenuItem({ className, danger = false, ...rest }: React.ComponentProps<typeof Radix.Item> & { readonly danger?: boolean }) {
  return <Radix.Item className={cn(itemClasses, danger && 'text-bad-ink [&_svg]:text-bad-ink', className)} {...rest} />
}

export function MenuCheckboxItem({ className, children, ...rest }: React.ComponentProps<typeof Radix.CheckboxItem>) {
  return (
    <Radix.CheckboxItem className={cn(itemClasses, 'pl-7', className)} {...rest}>
      <Radix.ItemIndicator className="absolute left-2">
        <Check aria-hidden />
      </Radix.ItemIndicator>
      {children}
    </Radix.CheckboxItem>
  )
}

export function MenuRadioItem({ className, children, ...rest }: React.ComponentProps<typeof Radix.RadioItem>) {
  return (
    <Radix.RadioItem className={cn(itemClasses, 'pl-7', className)} {...rest}>
      <Radix.ItemIndicator className="absolute left-2">
        <Check aria-hidden />
      </Radix.ItemIndicator>
      {children}
    </Radix.RadioItem>
  )
}

export function MenuLabel({ className, ...rest }: React.ComponentProps<typeof Radix.Label>) {
  return <Radix.Label className={cn('px-2 pt-1.5 pb-1 text-xs text-faint', className)} {...rest} />
}

export function MenuSeparator() {
  return <Radix.Separator className="-mx-1 my-1 h-px bg-line" />
}
