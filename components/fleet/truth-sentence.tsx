import Link from 'next/link'
import { Fragment } from 'react'
import { cn } from '@/components/ui/class-names'
import { toneClasses } from '@/components/ui/tone'
import type { FleetOverview } from '@/lib/tenancy/contract'
import { truthParts, type TruthPart } from './fleet-model'
import { versionStateLooks } from './version-state'

const inkOf = ({ state, href }: TruthPart): string | null =>
  state === null || href === null ? null : state === 'failed' ? toneClasses.bad.ink : toneClasses[versionStateLooks[state].tone].ink

/** "200 tenants: 12 at head, 184 behind, 4 failed, 0 unreachable." Each number that is not zero leads to its tenants. */
export function TruthSentence({ overview }: { readonly overview: FleetOverview }) {
  const parts = truthParts(overview)
  return (
    <h1 className="text-xl leading-8 font-semibold tracking-tight md:text-2xl">
      {parts.map((part, index) => (
        <Fragment key={part.text}>
          {index === 0 ? '' : index === 1 ? ': ' : ', '}
          {part.href === null ? (
            <span className="text-muted">{part.text}</span>
          ) : (
            <Link href={part.href} className={cn('whitespace-nowrap decoration-2 underline-offset-4 hover:underline', inkOf(part))}>
              {part.text}
            </Link>
          )}
        </Fragment>
      ))}
      .
    </h1>
  )
}
