import { ScanSearch } from 'lucide-react'
import Link from 'next/link'
import { shapeHref, shapeTitle } from '@/components/drift/drift-model'
import { Button } from '@/components/ui/button'
import { Panel } from '@/components/ui/page-header'
import { formatCount, plural } from '@/lib/format'
import type { DifferentShape, RunDetail } from '@/lib/tenancy/contract'

type Props = {
  readonly run: Pick<RunDetail, 'set' | 'different' | 'differentShapes'>
  /** All of them in the table of targets. */
  readonly onShow: () => void
}

/** Targets at which the run succeeded, and which are not what the migrations make nevertheless: by what differs. */
export function RunDiffering({ run, onShow }: Props) {
  const { different, differentShapes, set } = run
  if (different === 0) return null
  const more = different - differentShapes.reduce((sum, { targets }) => sum + targets, 0)
  return (
    <Panel
      title={`${plural(different, 'target')} applied, but different`}
      actions={
        <Button size="sm" onClick={onShow}>
          Show {different === 1 ? 'it' : 'them'}
          <span className="sr-only"> in the table of targets</span>
        </Button>
      }
    >
      <ul>
        {differentShapes.map((one) => (
          <li key={one.shape ?? ''} className="flex gap-2 border-b border-line px-4 py-2.5 last:border-0">
            <ScanSearch aria-hidden className="mt-0.5 size-3.5 shrink-0 text-drift-ink" />
            <div className="min-w-0 break-words">
              <WhatDiffers set={set} one={one} />
              <Tenants one={one} />
            </div>
          </li>
        ))}
      </ul>
      {more > 0 ? <p className="border-t border-line px-4 py-2 text-muted">And {plural(more, 'target')} of other shapes.</p> : null}
      <p className="border-t border-line px-4 py-2 text-xs text-muted">
        Seen after this run. What was made by hand since the last look before it stands here too.
      </p>
    </Panel>
  )
}

function WhatDiffers({ set, one }: { readonly set: string; readonly one: DifferentShape }) {
  const { shape, letter, targets, sentences, differences } = one
  if (shape === null) return <p>{plural(targets, 'target')}: nothing that is not accepted differs any more.</p>
  const more = differences - sentences.length
  return (
    <p>
      {plural(targets, 'target')},{' '}
      <Link href={shapeHref({ set, id: shape })} className="text-accent-ink underline underline-offset-2">
        {shapeTitle({ state: 'drifted', letter })}
      </Link>
      : {sentences.join(' ')}
      {more > 0 ? ` And ${plural(more, 'difference')} more.` : ''}
    </p>
  )
}

function Tenants({ one: { tenants, targets } }: { readonly one: DifferentShape }) {
  const more = targets - tenants.length
  return (
    <p className="text-muted">
      {tenants.map((slug, index) => (
        <span key={slug}>
          {index === 0 ? '' : ', '}
          <Link href={`/tenants/${slug}`} className="mono underline-offset-2 hover:underline">
            {slug}
          </Link>
        </span>
      ))}
      {more > 0 ? ` and ${formatCount(more)} more` : ''}
    </p>
  )
}
