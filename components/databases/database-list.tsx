'use client'

import { useSuspenseQuery } from '@tanstack/react-query'
import { CircleCheck, Database, Unplug } from 'lucide-react'
import Link from 'next/link'
import { EmptyState } from '@/components/ui/empty-state'
import { ListTable } from '@/components/ui/list-table'
import { Page, PageHeader } from '@/components/ui/page-header'
import { Progress } from '@/components/ui/progress'
import { RelativeTime } from '@/components/ui/relative-time'
import { StateBadge, type StateLook } from '@/components/ui/state-badge'
import { databaseQueries } from '@/lib/client/queries/databases'
import { formatBytes, formatCount, plural } from '@/lib/format'
import type { DatabaseRow } from '@/lib/tenancy/contract'
import { AddDatabase } from './add-database'
import type { DatabaseActions } from './database-actions'
import { connectionUse, serverUse } from './database-model'
import { DatabaseMenu } from './database-menu'

type Props = {
  /** Null for those who may only look. */
  readonly actions: DatabaseActions | null
}

const reachable: StateLook = { label: 'Reachable', tone: 'good', icon: CircleCheck }
const notPooled: StateLook = { label: 'Not through its pooler', tone: 'behind', icon: Unplug }
const unreachable: StateLook = { label: 'Unreachable', tone: 'gone', icon: Unplug }

export function DatabaseList({ actions }: Props) {
  const { data: rows } = useSuspenseQuery(databaseQueries.list())
  return (
    <Page>
      <PageHeader title="Databases" actions={actions ? <AddDatabase actions={actions} taken={rows.map(({ name }) => name)} /> : null}>
        {sentence(rows)}
      </PageHeader>
      {rows.length === 0 ? (
        <EmptyState icon={Database} title="No database yet" command="npx tenantry databases add app --url postgres://user:password@host:5432/app">
          A database is where tenants live. Its connection is tested before anything is saved, and the connection string is kept encrypted.
        </EmptyState>
      ) : (
        <DatabaseTable rows={rows} actions={actions} />
      )}
    </Page>
  )
}

const isCutOff = ({ reachable: answers, pooler }: DatabaseRow): boolean => answers && pooler !== null && pooler.problem !== null

const lookOf = (row: DatabaseRow): StateLook => {
  if (!row.reachable) return unreachable
  return isCutOff(row) ? notPooled : reachable
}

const sentence = (rows: readonly DatabaseRow[]): string => {
  if (rows.length === 0) return 'Where tenants live.'
  const servers = new Set(rows.map(({ server }) => server)).size
  const lost = rows.filter((row) => !row.reachable).length
  const cutOff = rows.filter(isCutOff).length
  return `${plural(rows.length, 'database')} on ${plural(servers, 'server')}${lost === 0 ? '' : `, ${formatCount(lost)} unreachable`}${cutOff === 0 ? '' : `, ${formatCount(cutOff)} not to be reached through ${cutOff === 1 ? 'its pooler' : 'their poolers'}`}. A budget is what Tenantry may hold of a server’s connections at once.`
}

const headings = ['Database', 'State', 'Server', 'Connections of the budget', 'Size', 'Tenants', 'Looked at'] as const

function DatabaseTable({ rows, actions }: { readonly rows: readonly DatabaseRow[]; readonly actions: DatabaseActions | null }) {
  return (
    <ListTable label="Databases" headings={headings} hasMenus={actions !== null}>
      {rows.map((row) => (
        <Row key={row.name} row={row} rows={rows} actions={actions} />
      ))}
    </ListTable>
  )
}

function Row({ row, rows, actions }: { readonly row: DatabaseRow; readonly rows: readonly DatabaseRow[]; readonly actions: DatabaseActions | null }) {
  return (
    <tr className="border-b border-line align-top last:border-0 hover:bg-hover">
      <td className="px-3 py-2 pl-4">
        <p className="mono font-medium">{row.name}</p>
        <p className="mono text-xs text-muted">{row.dbname}</p>
      </td>
      <td className="px-3 py-2">
        <StateBadge look={lookOf(row)} />
        {row.problem === null ? null : <p className="max-w-72 text-xs break-words text-bad-ink">{row.problem}</p>}
        {isCutOff(row) ? <p className="max-w-72 text-xs break-words text-behind-ink">Applications cannot come, Tenantry can: {row.pooler?.problem}</p> : null}
        <Notes notes={row.notes} />
      </td>
      <td className="px-3 py-2">
        <p className="mono whitespace-nowrap">
          {row.host}:{row.port}
        </p>
        <p className="text-xs whitespace-nowrap text-muted">PostgreSQL {row.version}</p>
        {row.pooler === null ? null : (
          <p className="text-xs whitespace-nowrap text-muted">
            pooler{' '}
            <span className="mono">
              {row.pooler.host}:{row.pooler.port}
            </span>
          </p>
        )}
      </td>
      <td className="px-3 py-2">
        <Connections row={row} />
      </td>
      <td className="px-3 py-2 whitespace-nowrap" title="Of all its files, looked at every 15 minutes">
        {row.bytes === null ? '–' : formatBytes(row.bytes)}
      </td>
      <td className="px-3 py-2">
        {row.tenants === 0 ? (
          '0'
        ) : (
          <Link href={`/tenants?database=${encodeURIComponent(row.name)}`} className="text-accent-ink underline-offset-2 hover:underline">
            {formatCount(row.tenants)}
          </Link>
        )}
      </td>
      <td className="px-3 py-2 whitespace-nowrap text-muted">
        <RelativeTime at={row.checkedAt} none="never" />
      </td>
      {actions ? (
        <td className="px-1 py-1 text-right">
          <DatabaseMenu
            row={row}
            actions={actions}
            sharing={rows.filter((other) => other.server === row.server && other.name !== row.name).map(({ name }) => name)}
          />
        </td>
      ) : null}
    </tr>
  )
}

function Notes({ notes }: Pick<DatabaseRow, 'notes'>) {
  if (notes === null) return null
  return (
    <div className="max-w-72 text-xs text-muted">
      <p>
        Notes changes since <RelativeTime at={notes.since} />; {notes.lastAt === null ? 'none yet' : 'the last '}
        {notes.lastAt === null ? null : <RelativeTime at={notes.lastAt} />}
      </p>
      {notes.problem === null ? null : <p className="break-words text-bad-ink">{notes.problem}</p>}
    </div>
  )
}

function Connections({ row }: { readonly row: DatabaseRow }) {
  const { text } = connectionUse(row)
  return (
    <div className="min-w-40">
      <span className="flex items-center gap-2">
        <Progress
          label={`Connections of the budget of ${row.name}`}
          className="w-20 shrink-0"
          total={row.budget}
          done={Math.min(row.connectionsOurs ?? 0, row.budget)}
          parts={[{ key: 'ours', value: Math.min(row.connectionsOurs ?? 0, row.budget), tone: 'live', label: 'in use' }]}
        />
        <span className="whitespace-nowrap">{text}</span>
      </span>
      <p className="text-xs whitespace-nowrap text-muted">
        {serverUse(row)}
        {row.connectionsUsed === null ? null : (
          <>
            {', '}
            <RelativeTime at={row.connectionsAt} />
          </>
        )}
      </p>
    </div>
  )
}
