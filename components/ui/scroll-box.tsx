import { cn } from './class-names'

type Props = { readonly label: string; readonly className?: string; readonly children: React.ReactNode }

/**
 * A place for what may be wider than the screen: it scrolls by itself, by keyboard as well, and shows at its edges that there is more.
 * `relative`, so that words for screen readers alone, which stand out of the flow, stay inside and never widen the page.
 */
export function ScrollBox({ label, className, children }: Props) {
  return (
    <div
      tabIndex={0}
      role="region"
      aria-label={label}
      className={cn('relative overflow-x-auto bg-surface focus-visible:-outline-offset-2 max-xl:scroll-edges', className)}
    >
      {children}
    </div>
  )
}
