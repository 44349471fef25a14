import { Progress } from '@/components/ui/progress'
import { coverageText } from './coverage-model'

type Props = { readonly applied: number; readonly targets: number; readonly label: string }

/** How many of the set's targets have it. */
export function CoverageBar({ applied, targets, label }: Props) {
  return (
    <span className="flex items-center gap-3">
      <Progress
        label={label}
        className="w-24 shrink-0"
        total={targets}
        done={applied}
        parts={[{ key: 'applied', value: applied, tone: 'good', label: 'have it' }]}
      />
      <span className="whitespace-nowrap text-muted">{coverageText(applied, targets)}</span>
    </span>
  )
}
