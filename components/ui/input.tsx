import { cn } from './class-names'

export const inputClasses = cn(
  'w-full rounded-md border border-line-strong/55 bg-surface px-2.5 text-sm text-ink transition-colors',
  'hover:border-line-strong focus-visible:border-accent-ink focus-visible:outline-1 focus-visible:outline-offset-0',
  'disabled:cursor-not-allowed disabled:bg-sunken disabled:text-muted aria-invalid:border-bad',
)

export function Input({ className, ...rest }: React.ComponentProps<'input'>) {
  return <input className={cn(inputClasses, 'h-8', className)} {...rest} />
}

export function Textarea({ className, ...rest }: React.ComponentProps<'textarea'>) {
  return <textarea className={cn(inputClasses, 'min-h-16 py-1.5', className)} {...rest} />
}
