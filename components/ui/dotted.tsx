import { Children } from 'react'
import { cn } from './class-names'

/** Short facts in a line with a dot between each two; where the line breaks, no dot is left at its beginning. */
export function Dotted({ className, children }: { readonly className?: string; readonly children: React.ReactNode }) {
  return (
    <div className={cn('overflow-x-clip', className)}>
      {/* Each fact brings the dot before it; the first of a line stands outside and is clipped. */}
      <div className="-ml-4 flex flex-wrap">
        {Children.toArray(children).map((fact, index) => (
          <span key={index} className="relative max-w-full min-w-0 pl-4 break-words">
            <span aria-hidden className="absolute left-1.5 text-faint">
              ·
            </span>
            <span>{fact}</span>
          </span>
        ))}
      </div>
    </div>
  )
}
