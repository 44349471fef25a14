import { CircleCheck } from 'lucide-react'
import Link from 'next/link'
import { describePutRight, type PutRight } from '@/lib/tenancy/contract'

/** What later runs have put right since, with the way to them; nothing where none did. */
export function PutRightNote({ putRight, of }: { readonly putRight: readonly PutRight[]; readonly of: number }) {
  const sentence = describePutRight(putRight, of)
  if (sentence === null) return null
  return (
    <p className="flex flex-wrap items-center gap-x-2 text-muted">
      <CircleCheck aria-hidden className="size-4 shrink-0 text-good-ink" />
      <span>{sentence}.</span>
      {putRight.map(({ run }) => (
        <Link key={run} href={`/runs/${run}`} className="text-accent-ink underline-offset-2 hover:underline">
          Open run {run}
        </Link>
      ))}
    </p>
  )
}
