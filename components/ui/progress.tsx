import { formatShare } from '@/lib/format'
import { cn } from './class-names'
import { toneClasses, type Tone } from './tone'

export type ProgressPart = { readonly key: string; readonly value: number; readonly tone: Tone; readonly label: string }

type Props = {
  readonly label: string
  readonly total: number
  /** Drawn from left to right; what they leave of the total stays empty. */
  readonly parts: readonly ProgressPart[]
  /** How many of the total are done, for those who don't see the bar. */
  readonly done: number
  readonly className?: string
}

/** One bar of several tones: succeeded, failed, running. Drawn as SVG so that widths need no inline styles. */
export function Progress({ label, total, parts, done, className }: Props) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
      aria-valuetext={`${formatShare(done, total)}: ${parts.map((part) => `${part.value} ${part.label}`).join(', ')}`}
      className={cn('h-1.5 w-full overflow-hidden rounded-full bg-quiet-soft', className)}
    >
      <svg aria-hidden viewBox="0 0 1000 10" preserveAspectRatio="none" className="block size-full">
        {parts.map((part, index) => {
          const width = total === 0 ? 0 : (part.value / total) * 1000
          const before = parts.slice(0, index).reduce((sum, earlier) => sum + earlier.value, 0)
          const x = total === 0 ? 0 : (before / total) * 1000
          return <rect key={part.key} x={x} y={0} width={width} height={10} fill={`var(${toneClasses[part.tone].token})`} />
        })}
      </svg>
    </div>
  )
}
