'use client'

import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Pin } from 'lucide-react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { reportKeys, reportQueries } from '@/lib/client/queries/reports'
import { toastRefusal } from '@/lib/client/toast-refusal'
import { useCommand } from '@/lib/client/use-command'
import type { SavedReportContent } from '@/lib/tenancy/contract'
import type { ChangeReport } from './report-actions'
import { contentOf } from './saved-model'

type Props = {
  readonly report: number
  readonly what: string
  readonly part: Partial<Pick<SavedReportContent, 'chart' | 'combine'>>
  readonly change: ChangeReport
}

/** Whatever the order of its parts. */
const parts = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? JSON.stringify(Object.entries(value).toSorted(([one], [other]) => one.localeCompare(other)))
    : JSON.stringify(value)
const sameIs = (one: unknown, other: unknown): boolean => parts(one) === parts(other)

/** Keeps a chart, or what is made of the rows, with the report: its next results are shown in the same way. */
export function KeepButton({ report, what, part, change }: Props) {
  const client = useQueryClient()
  const { data: saved } = useQuery(reportQueries.saved(report))
  const keep = useCommand(
    change,
    () => {
      toast.success(`The ${what} is kept with the report.`)
      void client.invalidateQueries({ queryKey: reportKeys.saved(report) })
    },
    toastRefusal,
  )
  if (saved === undefined || !saved.mayChange) return null
  const content = contentOf(saved)
  const isKept = Object.entries(part).every(([key, value]) => sameIs(content[key as keyof typeof part], value))
  return (
    <Button busy={keep.busy} disabled={isKept} onClick={() => void keep.run({ ...content, ...part, report, revision: saved.revision })}>
      <Pin aria-hidden />
      {isKept ? 'Kept with the report' : 'Keep with the report'}
    </Button>
  )
}
