'use client'

import { useQuery } from '@tanstack/react-query'
import { Building2 } from 'lucide-react'
import Link from 'next/link'
import { usePathname, useSearchParams } from 'next/navigation'
import { tenantsHref } from '@/components/tenants/tenant-search'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { Page, PageHeader } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge } from '@/components/ui/state-badge'
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs'
import { describeReadError } from '@/lib/client/fetch-json'
import { driftQueries } from '@/lib/client/queries/drift'
import { formatCount, plural } from '@/lib/format'
import type { ShapeDetail } from '@/lib/tenancy/contract'
import { DiffPanel } from './diff-panel'
import type { RepairActions, ShapeActions } from './drift-actions'
import { exampleParts, isTraced, shapeTitle, versionWord } from './drift-model'
import { driftStateLooks } from './drift-state'
import { FindingList } from './finding-list'
import { MigrationTab } from './migration-tab'
import { OutsideChanges } from './outside-changes'
import { RepairPanel } from './repair-panel'
import { isShapeTab, openFindings, tabsOf, type ShapeTab } from './shape-model'
import { Trace } from './shape-row'

type Props = {
  readonly set: string
  readonly shape: string
  /** Null for those who may only look. */
  readonly actions: ShapeActions | null
  /** Null for those who may not repair. */
  readonly repairs: RepairActions | null
}

/** One shape: what differs from the norm object by object, both as SQL, what leads back, and who has it. */
export function ShapeView({ set, shape: id, actions, repairs }: Props) {
  const query = useQuery(driftQueries.shape(set, id))
  const search = useSearchParams()
  const path = usePathname()
  const { data: shape } = query
  if (!shape) return query.isError ? <ErrorState {...describeReadError(query.error)} retry={() => void query.refetch()} /> : null
  const tabs = tabsOf(shape)
  const wanted = search.get('tab')
  const tab = isShapeTab(wanted) && tabs.includes(wanted) ? wanted : (tabs[0] ?? 'diff')
  const choose = (next: string): void => window.history.replaceState(null, '', next === tabs[0] ? path : `${path}?tab=${next}`)
  return (
    <Page>
      {query.isError ? <ErrorState compact {...describeReadError(query.error)} /> : null}
      <ShapeHeader shape={shape} />
      {tabs.length === 1 ? (
        <DiffPanel shape={shape} />
      ) : (
        <Tabs value={tab} onValueChange={choose} className="flex flex-col gap-4">
          <TabsList aria-label="Parts of the shape">
            {tabs.map((one) => (
              <TabsTrigger key={one} value={one}>
                {tabLabels[one]}
                {one === 'findings' ? <Badge tone={openFindings(shape.findings) > 0 ? 'drift' : 'quiet'}>{formatCount(shape.findings.length)}</Badge> : null}
              </TabsTrigger>
            ))}
          </TabsList>
          <TabsContent value="findings" className="flex flex-col gap-4 focus-visible:outline-offset-4">
            <FindingList set={set} findings={shape.findings} since={shape.since} actions={actions} />
            <Uncompared texts={shape.uncompared} />
          </TabsContent>
          <TabsContent value="diff" className="focus-visible:outline-offset-4">
            <DiffPanel shape={shape} />
          </TabsContent>
          <TabsContent value="repair" className="focus-visible:outline-offset-4">
            <RepairPanel set={set} shape={id} actions={repairs} />
          </TabsContent>
          <TabsContent value="migration" className="focus-visible:outline-offset-4">
            <MigrationTab set={set} shape={id} />
          </TabsContent>
        </Tabs>
      )}
    </Page>
  )
}

const tabLabels: Readonly<Record<ShapeTab, string>> = { findings: 'Differences', diff: 'Side by side', repair: 'Repair', migration: 'As a migration' }

function ShapeHeader({ shape }: { readonly shape: ShapeDetail }) {
  const { named, more } = exampleParts(shape, 3)
  return (
    <PageHeader
      title={
        <span className="flex flex-wrap items-center gap-x-3">
          {shapeTitle(shape)}
          <span className="mono text-base font-normal text-muted">
            {shape.set} {versionWord(shape.version)}
          </span>
          <StateBadge look={driftStateLooks[shape.state]} variant="soft" />
        </span>
      }
      actions={
        <Button asChild>
          <Link href={tenantsHref({ set: [shape.set], shape: [shape.id] })}>
            <Building2 aria-hidden />
            {shape.tenants === 1 ? 'Its tenant' : `Its ${plural(shape.tenants, 'tenant')}`}
          </Link>
        </Button>
      }
    >
      <p>{shapeSentence(shape)}</p>
      <p>
        {named.map((slug, index) => (
          <span key={slug}>
            {index === 0 ? '' : ', '}
            <Link href={`/tenants/${slug}`} className="mono text-ink underline-offset-2 hover:underline">
              {slug}
            </Link>
          </span>
        ))}
        {more > 0 ? ` and ${formatCount(more)} more` : ''}
        {shape.firstSeenAt === '' ? null : (
          <>
            ; first seen <RelativeTime at={shape.firstSeenAt} />
          </>
        )}
        {isTraced(shape) ? (
          <>
            , <Trace afterRun={shape.afterRun} />
          </>
        ) : null}
        . On PostgreSQL {shape.server}.
      </p>
      {shape.problem === null ? null : <p className="break-words text-behind-ink">{shape.problem}</p>}
      <OutsideChanges named changes={shape.changes} />
    </PageHeader>
  )
}

const shapeSentence = ({ state, tenants, findings, set, version }: ShapeDetail): string => {
  const who = plural(tenants, 'tenant')
  const where = `of ${set} at ${version ?? 'no version'}`
  if (state === 'norm') return `${who} ${where} ${tenants === 1 ? 'is' : 'are'} as the migrations make them.`
  if (state === 'unknown') return `${who} ${where} can’t be compared.`
  const open = openFindings(findings)
  const accepted = findings.length - open
  const what = open === 0 ? plural(accepted, 'accepted difference') : `${plural(open, 'difference')}${accepted > 0 ? ` and ${accepted} accepted` : ''}`
  return `${who} ${where} ${tenants === 1 ? 'has' : 'have'} ${what} from the norm.`
}

function Uncompared({ texts }: { readonly texts: readonly string[] }) {
  if (texts.length === 0) return null
  return (
    <section aria-labelledby="uncompared">
      <h2 id="uncompared" className="text-sm font-semibold">
        {plural(texts.length, 'object')} not compared
      </h2>
      <ul className="mt-1 text-muted">
        {texts.map((text) => (
          <li key={text} className="mono break-words">
            {text}
          </li>
        ))}
      </ul>
    </section>
  )
}
