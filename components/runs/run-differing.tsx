import { ScanSearch } from 'lucide-react'
import Link from 'next/link'
import { Panel } from '@/components/ui/page-header'
import { formatCount, plural } from '@/lib/format'
import type { RunDetail } from '@/lib/tenancy/contract'

/** Targets at which the run succeeded, and which are not what the migrations make nevertheless. */
export function RunDiffering({ run }: { readonly run: Pick<RunDetail, 'set' | 'different' | 'differing'> }) {
  const count = run.different
  if (count === 0) return null
  const more = count - run.differing.length
  return (
    <Panel title={`${plural(count, 'target')} applied, but different`}>
      <ul>
        {run.differing.map(({ slug, shape, sentences }) => (
          <li key={slug} className="flex gap-2 border-b border-line px-4 py-2.5 last:border-0">
            <ScanSearch aria-hidden className="mt-0.5 size-3.5 shrink-0 text-drift-ink" />
            <div className="min-w-0 break-words">
              <Link href={`/tenants/${slug}`} className="mono underline-offset-2 hover:underline">
                {slug}
              </Link>
              <span className="text-muted"> {sentences.length === 0 ? 'is the norm by now.' : sentences.join(' ')}</span>
              {shape === null ? null : (
                <>
                  {' '}
                  <Link href={`/drift/${encodeURIComponent(run.set)}/${shape}`} className="text-accent-ink underline-offset-2 hover:underline">
                    what differs
                  </Link>
                </>
              )}
            </div>
          </li>
        ))}
      </ul>
      {more > 0 ? <p className="border-t border-line px-4 py-2 text-muted">And {formatCount(more)} more.</p> : null}
    </Panel>
  )
}
