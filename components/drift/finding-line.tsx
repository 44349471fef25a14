import { cn } from '@/components/ui/class-names'
import { toneClasses } from '@/components/ui/tone'
import type { SeenFinding } from '@/lib/tenancy/contract'
import { driftStateLooks, severityLooks } from './drift-state'

/** One difference as a sentence, with how bad it is by icon and word; greyed when it is accepted. */
export function FindingLine({ finding }: { readonly finding: Pick<SeenFinding, 'sentence' | 'severity' | 'accepted' | 'isAhead'> }) {
  const isAccepted = finding.accepted !== null
  const look = isAccepted ? driftStateLooks.accepted : severityLooks[finding.severity]
  const Icon = look.icon
  return (
    <span className={cn('flex gap-1.5', isAccepted && 'text-muted')}>
      <Icon aria-hidden className={cn('mt-[3px] size-3.5 shrink-0', isAccepted ? 'text-faint' : toneClasses[look.tone].ink)} />
      <span className="min-w-0 break-words">
        {finding.sentence}{' '}
        <span className="text-xs whitespace-nowrap text-muted">{finding.isAhead && !isAccepted ? 'Breaks the next rollout' : look.label}</span>
      </span>
    </span>
  )
}
