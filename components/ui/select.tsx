import { ChevronDown } from 'lucide-react'
import { cn } from './class-names'
import { inputClasses } from './input'

/** The platform's own select: the best keyboard and phone behaviour there is, dressed like the other inputs. */
export function Select({ className, children, ...rest }: React.ComponentProps<'select'>) {
  return (
    <span className={cn('relative inline-flex w-full', className)}>
      <select className={cn(inputClasses, 'h-8 appearance-none pr-8')} {...rest}>
        {children}
      </select>
      <ChevronDown aria-hidden className="pointer-events-none absolute top-1/2 right-2.5 size-3.5 -translate-y-1/2 text-muted" />
    </span>
  )
}
