import { dehydrate, HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { GoneShapeView } from '@/components/drift/gone-shape'
import { shapeSearch } from '@/components/drift/shape-model'
import { ShapeView } from '@/components/drift/shape-view'
import { WrongAddress } from '@/components/ui/wrong-address'
import { getQueryClient } from '@/lib/client/query-client'
import { driftQueries } from '@/lib/client/queries/drift'
import { requireAsker } from '@/lib/server/asker'
import { found, unlessGone } from '@/lib/server/found'
import { readSearch, type SearchProps } from '@/lib/server/page-props'
import { readParam, requireParam } from '@/lib/server/path-param'
import { getTenancy } from '@/lib/server/tenancy'
import { changesFor } from '@/lib/server/tenant-rows'
import { may, setName, shapeId } from '@/lib/tenancy/contract'
import { acceptFinding, endAcceptance, startRepair, tryRepair } from '../../actions'

type Props = SearchProps & { readonly params: Promise<{ readonly set: string; readonly shape: string }> }

export const generateMetadata = async ({ params }: Props): Promise<Metadata> => ({
  title: `Shape of ${readParam(setName, (await params).set) ?? 'nothing'} · Drift`,
})

export default async function ShapePage({ params, searchParams }: Props) {
  const { person } = await requireAsker('drift.read')
  const set = requireParam(setName, (await params).set)
  const shape = requireParam(shapeId, (await params).shape)
  const { error } = readSearch(shapeSearch, await searchParams)
  if (error !== null) return <WrongAddress title={`Shape of ${set}`} error={error} path={`/drift/${set}/${shape}`} />
  const { drift } = getTenancy()
  const detail = await found(unlessGone(drift.shape(set, shape), 'drift.shape_unknown'))
  if (detail === null) return <GoneShapeView gone={await drift.gone(set, shape)} />
  const client = getQueryClient()
  client.setQueryData(driftQueries.shape(set, shape).queryKey, changesFor(person.role, detail))
  return (
    <HydrationBoundary state={dehydrate(client)}>
      <ShapeView
        set={set}
        shape={shape}
        actions={may(person.role, 'drift.accept') ? { accept: acceptFinding, endAcceptance } : null}
        repairs={may(person.role, 'drift.repair') ? { tryOne: tryRepair, start: startRepair } : null}
      />
    </HydrationBoundary>
  )
}
