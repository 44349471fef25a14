'use client'

import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { Button } from './button'
import { cn } from './class-names'

export const Dialog = Radix.Root
export const DialogTrigger = Radix.Trigger
export const DialogClose = Radix.Close

/** As high as what it darkens: whatever opens later, such as a question over an open panel, stands above by its place in the document. */
export const overlayClasses = 'fixed inset-0 z-50 bg-black/35 animate-appear'

type ContentProps = Omit<React.ComponentProps<typeof Radix.Content>, 'title'> & {
  readonly title: React.ReactNode
  /** What will happen, to how many. */
  readonly description?: React.ReactNode
  readonly width?: 'sm' | 'md' | 'lg'
}

const widths = { sm: 'max-w-md', md: 'max-w-xl', lg: 'max-w-3xl' } as const

/** Whoever opens a form types; what has no field to type into is left to the first of its buttons. */
const focusFirstField = (event: Event): void => {
  const field =
    event.currentTarget instanceof HTMLElement
      ? event.currentTarget.querySelector<HTMLElement>('input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), textarea, select')
      : null
  if (!field) return
  event.preventDefault()
  field.focus()
}

/** For doing, never for reading: a title that names the deed, a description that says its reach, actions in DialogActions. */
export function DialogContent({ title, description, width = 'sm', className, children, ...rest }: ContentProps) {
  return (
    <Radix.Portal>
      <Radix.Overlay className={overlayClasses} />
      <Radix.Content
        {...(description === undefined ? { 'aria-describedby': undefined } : {})}
        className={cn(
          'fixed top-[12dvh] left-1/2 z-50 flex max-h-[80dvh] w-[calc(100vw-32px)] -translate-x-1/2 max-sm:top-[5dvh] max-sm:max-h-[90dvh] flex-col rounded-lg border border-line bg-raised shadow-overlay animate-appear focus:outline-none',
          widths[width],
          className,
        )}
        onOpenAutoFocus={focusFirstField}
        {...rest}
      >
        <header className="flex items-start gap-4 px-5 pt-4 pb-3">
          <div className="min-w-0 flex-1">
            <Radix.Title className="text-base font-semibold break-words">{title}</Radix.Title>
            {description === undefined ? null : (
              <Radix.Description asChild>
                <div className="mt-1 text-sm text-muted">{description}</div>
              </Radix.Description>
            )}
          </div>
          <Radix.Close asChild>
            <Button variant="ghost" size="icon-sm" aria-label="Close" className="-mt-0.5 -mr-1.5">
              <X aria-hidden />
            </Button>
          </Radix.Close>
        </header>
        <div className="min-h-0 overflow-y-auto px-5 pb-5">{children}</div>
      </Radix.Content>
    </Radix.Portal>
  )
}

export function DialogActions({ className, ...rest }: React.ComponentProps<'div'>) {
  return <div className={cn('mt-5 flex flex-wrap justify-end gap-2', className)} {...rest} />
}

type FormActionsProps = Pick<React.ComponentProps<typeof Button>, 'variant' | 'busy' | 'disabled' | 'children'> & { readonly className?: string }

/** Below a form in a dialog: the way out, and what it does. */
export function FormActions({ className = 'mt-1', variant = 'primary', ...submit }: FormActionsProps) {
  return (
    <DialogActions className={className}>
      <DialogClose asChild>
        <Button>Cancel</Button>
      </DialogClose>
      <Button type="submit" variant={variant} {...submit} />
    </DialogActions>
  )
}
