import { X } from 'lucide-react'
import { Button } from '@/components/ui/button'
import { CopyButton } from '@/components/ui/copy-button'
import type { ReportColumn } from '@/lib/tenancy/contract'

type Props = { readonly column: ReportColumn; readonly value: string | null; readonly onClose: () => void }

const readable = ({ type }: ReportColumn, value: string): string => {
  if (type !== 'json' && type !== 'jsonb') return value
  try {
    // Only how it stands on the lines is changed; numbers that JavaScript would round stay as they are by not being read.
    return /\d{16,}|\.\d{12,}/.test(value) ? value : JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}

/** The value in focus, whole: what a cell has no room for. */
export function CellValue({ column, value, onClose }: Props) {
  return (
    <section aria-label={`Value of ${column.name}`} className="sticky bottom-0 z-10 flex items-start gap-3 border-t border-line bg-sunken px-3 py-1.5 text-sm">
      <p className="min-w-0 shrink-0 py-1 text-xs text-muted sm:w-40">
        <span className="mono block truncate text-ink">{column.name}</span>
        <span className="block truncate">{column.type}</span>
      </p>
      <div aria-live="polite" className="max-h-40 min-w-0 flex-1 overflow-y-auto py-1">
        {value === null ? (
          <span className="text-muted">NULL: there is no value.</span>
        ) : value === '' ? (
          <span className="text-muted">An empty text, which is a value.</span>
        ) : (
          <pre className="mono break-words whitespace-pre-wrap">{readable(column, value)}</pre>
        )}
      </div>
      <div className="flex shrink-0">
        {value === null || value === '' ? null : <CopyButton text={value} label="Copy the value" />}
        <Button variant="ghost" size="icon-sm" aria-label="Close the value" onClick={onClose}>
          <X aria-hidden />
        </Button>
      </div>
    </section>
  )
}
