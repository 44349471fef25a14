import type { LucideIcon } from 'lucide-react'
import { cn } from './class-names'
import { toneClasses, type Tone } from './tone'

/** How one state is shown everywhere: a word, a colour and a shape. `spin` turns the icon while something moves. */
export type StateLook = {
  readonly label: string
  readonly tone: Tone
  readonly icon: LucideIcon
  readonly spin?: boolean
}

type Props = {
  readonly look: StateLook
  /** `plain` is icon and word for table rows; `soft` has a surface, for headings and alone-standing use. */
  readonly variant?: 'plain' | 'soft'
  /** Replaces the word, for instance "4 failed". */
  readonly children?: React.ReactNode
  readonly className?: string
  readonly title?: string
}

export function StateBadge({ look, variant = 'plain', children, className, title }: Props) {
  const Icon = look.icon
  const tone = toneClasses[look.tone]
  return (
    <span
      title={title}
      className={cn(
        'inline-flex h-5 items-center gap-1.5 align-top whitespace-nowrap',
        variant === 'soft' && `h-6 rounded-md px-2 text-xs font-medium ${tone.soft}`,
        className,
      )}
    >
      <Icon aria-hidden className={cn('size-3.5 shrink-0', tone.ink, look.spin && 'motion-safe:animate-spin [animation-duration:1.6s]')} />
      {children ?? look.label}
    </span>
  )
}
