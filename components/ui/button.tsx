import { LoaderCircle } from 'lucide-react'
import { Slot } from 'radix-ui'
import { cn } from './class-names'

export type ButtonVariant = 'primary' | 'secondary' | 'ghost' | 'danger'
export type ButtonSize = 'sm' | 'md' | 'icon' | 'icon-sm'

const variants: Readonly<Record<ButtonVariant, string>> = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong border-transparent font-medium',
  secondary: 'bg-surface text-ink border-line hover:bg-hover hover:border-line-strong',
  ghost: 'border-transparent text-muted hover:bg-hover hover:text-ink',
  danger: 'bg-surface text-bad-ink border-line hover:bg-bad-soft hover:border-bad',
}
const sizes: Readonly<Record<ButtonSize, string>> = {
  sm: 'h-7 px-2 text-xs gap-1.5',
  md: 'h-8 px-3 text-sm gap-2',
  icon: 'size-8 justify-center',
  'icon-sm': 'size-7 justify-center',
}

type Props = React.ComponentProps<'button'> & {
  readonly variant?: ButtonVariant
  readonly size?: ButtonSize
  /** Draws the child (a link) as a button. */
  readonly asChild?: boolean
  /** Something is on its way: the button cannot be pressed twice, and keeps its width. */
  readonly busy?: boolean
}

export const buttonClasses = (variant: ButtonVariant = 'secondary', size: ButtonSize = 'md'): string =>
  cn(
    'relative inline-flex shrink-0 items-center justify-center rounded-md border whitespace-nowrap select-none transition-colors',
    'disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:opacity-55 [&_svg]:size-3.5 [&_svg]:shrink-0',
    variants[variant],
    sizes[size],
  )

export function Button({ variant, size, asChild = false, busy = false, className, children, disabled, type, ...rest }: Props) {
  if (asChild) {
    return (
      <Slot.Root className={cn(buttonClasses(variant, size), className)} {...rest}>
        {children}
      </Slot.Root>
    )
  }
  return (
    <button type={type ?? 'button'} disabled={disabled || busy} aria-busy={busy || undefined} className={cn(buttonClasses(variant, size), className)} {...rest}>
      {busy ? (
        <span className="absolute inset-0 flex items-center justify-center">
          <LoaderCircle aria-hidden className="motion-safe:animate-spin" />
        </span>
      ) : null}
      <span className={cn('inline-flex items-center gap-[inherit]', busy && 'invisible')}>{children}</span>
    </button>
  )
}
