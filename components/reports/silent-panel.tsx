'use client'

import { CircleX, RefreshCw } from 'lucide-react'
import Link from 'next/link'
import { Button } from '@/components/ui/button'
import { formatCount, plural } from '@/lib/format'
import type { SilentTenants } from '@/lib/tenancy/contract'
import { silentSlugs } from './report-model'
import { SlugLinks } from './slug-links'

type Props = {
  readonly run: number
  readonly silent: readonly SilentTenants[]
  /** null: not now, or not by this person. */
  readonly onRerun: ((missing?: 'null') => void) | null
  /** Some of them lack what was asked for, and could answer with NULL in its place. */
  readonly mayFill: boolean
  readonly busy: boolean
}

/** Who did not answer, by reason, and the way to ask them again. */
export function SilentPanel({ run, silent, onRerun, mayFill, busy }: Props) {
  const slugs = silentSlugs(silent)
  if (slugs.length === 0) return null
  return (
    <section aria-label="Tenants that did not answer" className="overflow-hidden rounded-lg border border-line bg-surface">
      <header className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1">
        <CircleX aria-hidden className="size-3.5 shrink-0 text-bad-ink" />
        <h2 className="min-w-0 flex-1 text-sm font-semibold">{plural(slugs.length, 'tenant')} did not answer</h2>
        {onRerun === null || !mayFill ? null : (
          <Button size="sm" disabled={busy} onClick={() => onRerun('null')} title="Those that lack a column or table answer with NULL in its place">
            Ask again, with NULL
          </Button>
        )}
        {onRerun === null ? null : (
          <Button size="sm" busy={busy} onClick={() => onRerun()}>
            <RefreshCw aria-hidden />
            {slugs.length === 1 ? 'Ask that one again' : `Ask those ${formatCount(slugs.length)} again`}
          </Button>
        )}
      </header>
      <ul className="max-h-72 overflow-y-auto">
        {silent.map((group) => (
          <Reason key={`${group.code} ${group.message}`} run={run} group={group} />
        ))}
      </ul>
    </section>
  )
}

function Reason({ run, group }: { readonly run: number; readonly group: SilentTenants }) {
  const { slugs } = group
  const hint = group.example?.hint ?? null
  return (
    <li className="flex flex-col gap-1 border-b border-line px-4 py-2 text-sm last:border-0">
      <p className="break-words">
        <span className="font-medium">{plural(slugs.length, 'tenant')}:</span> {group.message}{' '}
        <Link href={`/runs/${run}`} className="mono text-xs text-muted hover:underline" title={`Failures of run ${run}`}>
          {group.code}
        </Link>
      </p>
      {hint === null ? null : <p className="text-muted">{hint}</p>}
      <SlugLinks slugs={slugs} />
    </li>
  )
}
