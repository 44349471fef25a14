'use client'

import dynamic from 'next/dynamic'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { CopyButton } from '@/components/ui/copy-button'
import { Panel } from '@/components/ui/page-header'
import { Skeleton } from '@/components/ui/skeleton'
import { SqlView } from '@/components/ui/sql-view'
import { useMedia } from '@/lib/client/use-media'
import type { ShapeDetail } from '@/lib/tenancy/contract'
import { shapeTitle } from './drift-model'

const DdlDiff = dynamic(() => import('./ddl-diff').then((module) => module.DdlDiff), {
  ssr: false,
  loading: () => (
    <div role="status" aria-label="Loading" className="p-4">
      <Skeleton className="h-96 w-full" />
    </div>
  ),
})

/** The structure as SQL: of a shape beside the norm, of what has nothing to be compared with by itself. */
export function DiffPanel({ shape }: { readonly shape: ShapeDetail }) {
  const [folded, setFolded] = useState(true)
  const sideBySide = useMedia('(min-width: 900px)')
  const title = shapeTitle(shape)
  const { norm, shape: own } = shape.ddl
  if (norm === null || shape.state === 'norm') {
    return (
      <Panel title="Structure as SQL">
        <div className="p-4">
          <SqlView sql={own} label={`${title} as SQL`} maxHeight="max-h-[70vh]" />
        </div>
      </Panel>
    )
  }
  return (
    <Panel
      title="Side by side"
      actions={
        <>
          <Button variant="ghost" size="sm" aria-pressed={!folded} onClick={() => setFolded(!folded)}>
            {folded ? 'Show what is the same' : 'Fold what is the same'}
          </Button>
          <CopyButton text={own} label={`Copy ${title} as SQL`} />
        </>
      }
    >
      <div className="flex border-b border-line text-xs text-muted">
        {sideBySide ? <p className="flex-1 px-4 py-1.5">Norm: what the migrations make</p> : null}
        <p className="flex-1 px-4 py-1.5">
          {title}: what is there
          {sideBySide ? '' : ', with what the norm has instead'}
        </p>
      </div>
      <DdlDiff norm={norm} shape={own} title={title} sideBySide={sideBySide} folded={folded} />
    </Panel>
  )
}
