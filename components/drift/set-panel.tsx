'use client'

import { TriangleAlert } from 'lucide-react'
import Link from 'next/link'
import { Fragment } from 'react'
import { tenantsHref } from '@/components/tenants/tenant-search'
import { cn } from '@/components/ui/class-names'
import { Panel } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { toneClasses } from '@/components/ui/tone'
import { formatCount, plural } from '@/lib/format'
import type { DriftSet } from '@/lib/tenancy/contract'
import type { IgnoreFacets } from './drift-actions'
import { hasSeveralServers, ignoredSentence, orderedShapes, problemsOf, sentenceParts } from './drift-model'
import { driftStateLooks } from './drift-state'
import { FacetsDialog } from './facets-dialog'
import { ShapeRow, shapeGrid } from './shape-row'
import { Trend } from './trend'
import { useRowKeys } from '@/components/ui/use-row-keys'

type Props = { readonly set: DriftSet; readonly ignore: IgnoreFacets | null }

/** One set: how much of it drifted, since when, and its shapes. */
export function SetPanel({ set, ignore }: Props) {
  return (
    <Panel
      id={`set-${set.set}`}
      aria-label={`Shapes of ${set.set}`}
      title={
        <Link href={`/drift/${set.set}`} className="mono hover:underline">
          {set.set}
        </Link>
      }
      actions={
        <>
          <span className="min-w-0 truncate text-xs text-muted max-sm:hidden">{ignoredSentence(set.ignored)}</span>
          {ignore ? <FacetsDialog set={set.set} ignored={set.ignored} ignore={ignore} /> : null}
        </>
      }
    >
      <div className="flex flex-wrap items-start gap-x-8 gap-y-3 border-b border-line px-4 py-3">
        <div className="min-w-0 flex-1 basis-80">
          <p className="text-base">
            {sentenceParts(set).map(({ text, href, state }, index) => (
              <Fragment key={text}>
                {index === 0 ? '' : ', '}
                {href === null ? (
                  text
                ) : (
                  <Link
                    href={href}
                    className={cn(
                      'whitespace-nowrap underline decoration-1 underline-offset-4 hover:decoration-2',
                      state && toneClasses[driftStateLooks[state].tone].ink,
                    )}
                  >
                    {text}
                  </Link>
                )}
              </Fragment>
            ))}
            {set.oldestAt === null ? null : (
              <>
                ; oldest look <RelativeTime at={set.oldestAt} />
              </>
            )}
            .
          </p>
          <Problems set={set} />
        </div>
        <Trend set={set.set} days={set.trend} />
      </div>
      {set.shapes.length === 0 ? (
        <p className="px-4 py-3 text-sm text-muted">None of its {plural(set.unknown, 'target')} has been looked at yet.</p>
      ) : (
        <ShapeTable set={set} />
      )}
    </Panel>
  )
}

function Problems({ set }: { readonly set: DriftSet }) {
  const problems = problemsOf(set.shapes)
  if (problems.length === 0) return null
  return (
    <ul className="mt-2 flex flex-col gap-1">
      {problems.map(({ problem, versions, tenants }) => (
        <li key={problem} className="flex gap-2 text-sm">
          <TriangleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0 text-behind-ink" />
          <span className="min-w-0 break-words">
            {plural(tenants, 'target')} at <span className="mono">{versions.join(', ')}</span> can’t be compared: <span className="text-muted">{problem}</span>
          </span>
        </li>
      ))}
    </ul>
  )
}

function ShapeTable({ set }: { readonly set: DriftSet }) {
  const { list, onKeyDown } = useRowKeys('a[data-shape]')
  const severalServers = hasSeveralServers(set.shapes)
  return (
    <div
      ref={list}
      role="table"
      aria-label={`Shapes of ${set.set}: what drifted first, the largest on top, the norms last`}
      className="@container"
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup">
        <div role="row" className={cn(shapeGrid, 'h-8 items-center border-b border-line text-xs text-muted @max-3xl:hidden')}>
          <span role="columnheader">Shape</span>
          <span role="columnheader">Version</span>
          <span role="columnheader">Tenants</span>
          <span role="columnheader">What differs</span>
          <span role="columnheader">First seen</span>
        </div>
      </div>
      <div role="rowgroup">
        {orderedShapes(set.shapes).map((shape) => (
          <ShapeRow key={shape.id} shape={shape} severalServers={severalServers} isLong={set.shapes.length > 40} />
        ))}
      </div>
      {set.hidden > 0 ? (
        <p className="border-t border-line px-4 py-2.5 text-sm text-muted">
          {plural(set.hidden, 'smaller shape')} more.{' '}
          <Link href={tenantsHref({ set: [set.set], drift: ['drifted'] })} className="text-ink underline underline-offset-2">
            All {formatCount(set.drifted)} that drifted
          </Link>
        </p>
      ) : null}
    </div>
  )
}
