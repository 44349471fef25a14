import { Archive } from 'lucide-react'
import Link from 'next/link'
import { Button } from '@/components/ui/button'
import { EmptyState } from '@/components/ui/empty-state'
import type { ReportRun } from '@/lib/tenancy/contract'
import { goneWords } from './report-model'

type Props = { readonly report: ReportRun; readonly code: string; readonly mayRun: boolean }

/** A report whose rows are not there any more: why, and the way to new ones. */
export function GoneRows({ report, code, mayRun }: Props) {
  const { title, next } = goneWords(code, report)
  return (
    <div className="rounded-lg border border-line bg-surface">
      <EmptyState
        icon={Archive}
        title={title}
        action={
          mayRun ? (
            <Button asChild variant="primary">
              <Link href={`/reports/new?from=${report.run}`}>Run it again…</Link>
            </Button>
          ) : undefined
        }
      >
        {next}
      </EmptyState>
    </div>
  )
}
