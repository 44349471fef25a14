import type { LucideIcon } from 'lucide-react'
import { CommandLine } from './command-line'
import { cn } from './class-names'

type Props = {
  readonly icon: LucideIcon
  /** What is not there, in a sentence. */
  readonly title: string
  /** What the next step is. */
  readonly children?: React.ReactNode
  readonly action?: React.ReactNode
  /** The same step as a command. */
  readonly command?: string
  readonly className?: string
}

export function EmptyState({ icon: Icon, title, children, action, command, className }: Props) {
  return (
    <div className={cn('mx-auto flex w-full max-w-lg flex-col items-center gap-3 px-4 py-14 text-center', className)}>
      <Icon aria-hidden className="size-6 text-faint" strokeWidth={1.5} />
      <h2 className="text-base font-semibold">{title}</h2>
      {children ? <div className="text-sm text-muted">{children}</div> : null}
      {action}
      {command ? (
        <div className="mt-2 w-full">
          <p className="mb-1 text-xs text-faint">or in a terminal</p>
          <CommandLine>{command}</CommandLine>
        </div>
      ) : null}
    </div>
  )
}
