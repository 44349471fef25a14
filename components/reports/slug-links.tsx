'use client'

import Link from 'next/link'
import { useState } from 'react'
import { formatCount } from '@/lib/format'
import { slugsShown } from './report-model'

/** The first of many tenants, and all of them on demand. */
export function SlugLinks({ slugs }: { readonly slugs: readonly string[] }) {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? slugs : slugs.slice(0, slugsShown)
  return (
    <ul className="flex flex-wrap gap-x-3 gap-y-0.5">
      {shown.map((slug) => (
        <li key={slug}>
          <Link href={`/tenants/${slug}`} prefetch={false} className="mono text-accent-ink underline-offset-2 hover:underline">
            {slug}
          </Link>
        </li>
      ))}
      {shown.length === slugs.length ? null : (
        <li>
          <button type="button" className="text-muted underline underline-offset-2 hover:text-ink" onClick={() => setWhole(true)}>
            and {formatCount(slugs.length - shown.length)} more
          </button>
        </li>
      )}
    </ul>
  )
}
