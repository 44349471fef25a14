'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import { FileCode2, Rocket, TriangleAlert } from 'lucide-react'
import Link from 'next/link'
import { usePathname, useSearchParams } from 'next/navigation'
import { Button } from '@/components/ui/button'
import { cn } from '@/components/ui/class-names'
import { EmptyState } from '@/components/ui/empty-state'
import { Page, PageHeader } from '@/components/ui/page-header'
import { RelativeTime } from '@/components/ui/relative-time'
import { setQueries } from '@/lib/client/queries/migrations'
import { formatCount, plural } from '@/lib/format'
import type { MigrationView, SetDetail } from '@/lib/tenancy/contract'
import { CoverageBar } from './coverage-bar'
import { findingsText } from './coverage-model'
import { MigrationPanel } from './migration-panel'
import { rolloutHref } from './plan-model'
import { isFilling } from './pool-model'
import { PoolSection, type SetPoolAction } from './pool-section'
import { SyncSet, type SyncAction } from './sync-set'
import { useRowKeys } from '@/components/ui/use-row-keys'

const poolLookMs = 3_000

type Props = {
  readonly name: string
  readonly sync: SyncAction | null
  /** Null for those who may only look. */
  readonly setPool: SetPoolAction | null
  readonly databases: readonly string[]
  readonly mayStart: boolean
}

/** A set: each migration with how many of the fleet have it, what the lint found, and its SQL beside the list. */
export function SetView({ name, sync, setPool, databases, mayStart }: Props) {
  const { data: set } = useSuspenseQuery({ ...setQueries.get(name), refetchInterval: ({ state }) => (isFilling(state.data?.pools ?? []) ? poolLookMs : false) })
  const search = useSearchParams()
  const path = usePathname()
  const version = search.get('version')
  const chosen = set.list.find((migration) => migration.version === version) ?? null
  const show = (next: string | null): void => {
    const url = next === null ? path : `${path}?version=${encodeURIComponent(next)}`
    if (version === null && next !== null) window.history.pushState(null, '', url)
    else window.history.replaceState(null, '', url)
  }
  return (
    <Page className={chosen === null ? undefined : 'xl:pr-[584px]'}>
      <PageHeader
        title={<span className="mono">{set.name}</span>}
        actions={
          <>
            {sync ? <SyncSet sync={sync} set={set} databases={databases} /> : null}
            {mayStart && set.list.length > 0 ? (
              <Button asChild variant="primary">
                <Link href={rolloutHref(set.name)}>
                  <Rocket aria-hidden />
                  Roll out…
                </Link>
              </Button>
            ) : null}
          </>
        }
      >
        <p>{sentence(set)}</p>
        <p className="mt-0.5">
          {set.directory === null ? null : (
            <>
              Read from <span className="mono break-all">{set.directory}</span>{' '}
            </>
          )}
          <RelativeTime at={set.syncedAt} />
          {set.defaultDatabase === null ? null : (
            <>
              {' '}
              · new tenants go to <span className="mono">{set.defaultDatabase}</span>
            </>
          )}
        </p>
      </PageHeader>
      {set.list.length === 0 ? (
        <EmptyState
          icon={FileCode2}
          title="The set has no migrations yet"
          command={`npx tenantry sets sync ${set.name} --dir ${set.directory ?? './migrations'}`}
        >
          Add files named 0001_create_employees.sql to its directory and read it again.
        </EmptyState>
      ) : (
        <>
          <MigrationTable set={set} chosen={version} onChoose={show} />
          <PoolSection set={set} setPool={setPool} databases={databases} />
        </>
      )}
      {chosen ? <MigrationPanel set={set} migration={chosen} mayStart={mayStart} onChoose={show} /> : null}
    </Page>
  )
}

const sentence = (set: SetDetail): string => {
  const head = set.head === null ? '' : `, head ${set.head}`
  if (set.targets === 0) return `${plural(set.migrations, 'migration')}${head}. No tenant is on this set yet.`
  const behind = set.targets - set.atHead
  const state = behind === 0 ? `all ${plural(set.targets, 'target')} at head` : `${formatCount(set.atHead)} of ${plural(set.targets, 'target')} at head`
  return `${plural(set.migrations, 'migration')}${head}; ${state}.`
}

/** By the room of the table itself, which is less when a migration is open beside it. */
const grid = cn(
  'grid items-center gap-x-4 px-4 grid-cols-[3rem_minmax(0,1fr)_4rem]',
  '@lg:grid-cols-[3rem_minmax(0,1fr)_13rem]',
  '@3xl:grid-cols-[4rem_minmax(0,1.5fr)_14rem_9rem_8rem]',
)

type TableProps = { readonly set: SetDetail; readonly chosen: string | null; readonly onChoose: (version: string) => void }

/** The newest first: it is the one that a rollout is about. */
function MigrationTable({ set, chosen, onChoose }: TableProps) {
  const { list, onKeyDown } = useRowKeys('button[data-version]')
  const rows = set.list.toReversed()
  return (
    <div
      ref={list}
      role="table"
      aria-label={`Migrations of ${set.name}`}
      className="@container overflow-hidden rounded-lg border border-line bg-surface"
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup">
        <div role="row" className={cn(grid, 'h-8 border-b border-line text-xs text-muted')}>
          <span role="columnheader">Version</span>
          <span role="columnheader">Name</span>
          <span role="columnheader" className="@max-lg:text-right">
            <span className="@max-lg:hidden">How many have it</span>
            <span className="@lg:hidden">Have it</span>
          </span>
          <span role="columnheader" className="@max-3xl:hidden">
            Findings
          </span>
          <span role="columnheader" className="@max-3xl:hidden">
            Runs in
          </span>
        </div>
      </div>
      <div role="rowgroup">
        {rows.map((migration) => (
          <MigrationRow key={migration.version} migration={migration} targets={set.targets} isChosen={migration.version === chosen} onChoose={onChoose} />
        ))}
      </div>
    </div>
  )
}

type RowProps = { readonly migration: MigrationView; readonly targets: number; readonly isChosen: boolean; readonly onChoose: (version: string) => void }

function MigrationRow({ migration, targets, isChosen, onChoose }: RowProps) {
  const findings = findingsText(migration.findings)
  return (
    <div role="row" className={cn(grid, 'relative h-9 border-b border-line last:border-0 hover:bg-hover', isChosen && 'bg-accent-soft hover:bg-accent-soft')}>
      <span role="cell" className="mono">
        {migration.version}
      </span>
      <span role="cell" className="min-w-0">
        <button
          type="button"
          data-version={migration.version}
          aria-expanded={isChosen}
          onClick={() => onChoose(migration.version)}
          className="mono block w-full truncate text-left before:absolute before:inset-0 focus-visible:outline-none focus-visible:before:outline-2 focus-visible:before:-outline-offset-2 focus-visible:before:outline-accent-ink"
        >
          {migration.name}
        </button>
      </span>
      <span role="cell">
        <span className="@max-lg:hidden">
          <CoverageBar applied={migration.applied} targets={targets} label={`Targets that have ${migration.version}`} />
        </span>
        <span className="block text-right text-muted @lg:hidden">{migration.applied}</span>
      </span>
      <span role="cell" className="flex items-center gap-1.5 text-muted @max-3xl:hidden">
        {findings === '' ? (
          'none'
        ) : (
          <>
            <TriangleAlert aria-hidden className="size-3.5 text-behind-ink" />
            {findings}
          </>
        )}
      </span>
      <span role="cell" className="text-muted @max-3xl:hidden">
        {migration.transactional ? 'a transaction' : <span className="text-behind-ink">no transaction</span>}
      </span>
    </div>
  )
}
