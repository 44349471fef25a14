import Link from 'next/link'
import { tenantsHref } from '@/components/tenants/tenant-search'
import { cn } from '@/components/ui/class-names'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import { formatCount, plural } from '@/lib/format'
import type { Shape } from '@/lib/tenancy/contract'
import { exampleParts, foldFindings, isTraced, orderedFindings, shapeHref, shapeTitle, versionWord } from './drift-model'
import { driftStateLooks } from './drift-state'
import { FindingLine } from './finding-line'

/** By the room of the table itself: below it is a list. */
export const shapeGrid = 'gap-x-4 gap-y-1 px-4 @max-3xl:flex @max-3xl:flex-wrap @3xl:grid @3xl:grid-cols-[7rem_5rem_13rem_minmax(0,1fr)_8rem]'

type Props = { readonly shape: Shape; readonly severalServers: boolean; readonly isLong: boolean }

/** The whole row opens the shape; its tenants are a link of their own above that. */
export function ShapeRow({ shape, severalServers, isLong }: Props) {
  const look = driftStateLooks[shape.state]
  return (
    <div
      role="row"
      className={cn(
        shapeGrid,
        'relative items-start border-b border-line last:border-0 hover:bg-hover',
        shape.state === 'norm' ? 'py-1.5 text-muted' : 'py-2.5',
        shape.state === 'accepted' && 'text-muted',
        isLong && '[contain-intrinsic-size:auto_64px] [content-visibility:auto]',
      )}
    >
      <span role="cell">
        <Link
          href={shapeHref(shape)}
          data-shape={shape.id}
          className="font-medium before:absolute before:inset-0 focus-visible:outline-none focus-visible:before:outline-2 focus-visible:before:-outline-offset-2 focus-visible:before:outline-accent-ink"
        >
          <StateBadge look={look}>{shapeTitle(shape)}</StateBadge>
        </Link>
        {shape.state === 'accepted' || shape.state === 'unknown' ? (
          <span className="block text-xs text-muted @max-3xl:ml-2 @max-3xl:inline">{look.label}</span>
        ) : null}
      </span>
      <span role="cell">
        <span className="text-muted @3xl:hidden">at </span>
        <span className="mono">{versionWord(shape.version)}</span>
        {severalServers ? <span className="block text-xs text-muted @max-3xl:inline"> PostgreSQL {shape.server}</span> : null}
      </span>
      <span role="cell" className={cn('min-w-0', shape.state !== 'norm' && '@max-3xl:basis-full')}>
        <Examples shape={shape} />
      </span>
      <span role="cell" className="min-w-0 @max-3xl:basis-full">
        <WhatDiffers shape={shape} />
      </span>
      <span role="cell" className="text-muted @max-3xl:basis-full">
        {shape.firstSeenAt === '' ? null : (
          <>
            <span className="@3xl:hidden">first seen </span>
            <RelativeTime at={shape.firstSeenAt} />
          </>
        )}
        {isTraced(shape) ? (
          <span className="block text-xs @max-3xl:inline">
            <span className="@3xl:hidden">, </span>
            <Trace afterRun={shape.afterRun} />
          </span>
        ) : null}
      </span>
    </div>
  )
}

/** The run that it was first seen after. */
export function Trace({ afterRun }: { readonly afterRun: number | null }) {
  if (afterRun === null) return 'outside Tenantry'
  return (
    <>
      after{' '}
      <Link href={`/runs/${afterRun}`} className="relative underline-offset-2 hover:underline">
        run {afterRun}
      </Link>
    </>
  )
}

function Examples({ shape }: { readonly shape: Shape }) {
  const { named, more } = exampleParts(shape, 2)
  return (
    <>
      <Link
        href={tenantsHref({ set: [shape.set], shape: [shape.id] })}
        className="relative font-medium underline-offset-2 hover:underline"
        aria-label={`${plural(shape.tenants, 'tenant')} of ${shapeTitle(shape)} at ${versionWord(shape.version)}`}
      >
        {plural(shape.tenants, 'tenant')}
      </Link>
      {shape.state === 'norm' ? null : (
        <span className="block text-xs break-words text-muted @max-3xl:ml-2 @max-3xl:inline">
          <span className="mono">{named.join(', ')}</span>
          {more > 0 ? ` and ${formatCount(more)} more` : ''}
        </span>
      )}
    </>
  )
}

function WhatDiffers({ shape }: { readonly shape: Shape }) {
  if (shape.state === 'norm') return <span className="text-muted">As the migrations make it.</span>
  if (shape.problem !== null) return <span className="break-words text-muted">{shape.problem}</span>
  const { shown, more } = foldFindings(orderedFindings(shape.findings))
  return (
    <ul className="flex flex-col gap-0.5">
      {shown.map((finding) => (
        <li key={finding.key}>
          <FindingLine finding={finding} />
        </li>
      ))}
      {more > 0 ? <li className="pl-5 text-muted">and {plural(more, 'difference')} more</li> : null}
    </ul>
  )
}
