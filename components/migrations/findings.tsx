import { CircleX, TriangleAlert } from 'lucide-react'
import { cn } from '@/components/ui/class-names'
import type { LintFinding } from '@/lib/tenancy/contract'

/** What the reading of the files found: where, what, and which rule says so. */
export function Findings({ findings, className }: { readonly findings: readonly LintFinding[]; readonly className?: string }) {
  if (findings.length === 0) return null
  return (
    <ul className={cn('flex flex-col gap-2', className)}>
      {findings.map((finding) => {
        const Icon = finding.level === 'error' ? CircleX : TriangleAlert
        return (
          <li key={`${finding.file}:${finding.line}:${finding.column}:${finding.rule}`} className="flex gap-2">
            <Icon aria-hidden className={cn('mt-0.5 size-3.5 shrink-0', finding.level === 'error' ? 'text-bad-ink' : 'text-behind-ink')} />
            <div className="min-w-0">
              <p className="break-words">
                <span className="sr-only">{finding.level}: </span>
                {finding.message}
              </p>
              <p className="mono text-xs break-all text-muted">
                {finding.file}:{finding.line}:{finding.column} · {finding.rule}
              </p>
            </div>
          </li>
        )
      })}
    </ul>
  )
}
