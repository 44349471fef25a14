'use client'

import { useMemo } from 'react'
import Link from 'next/link'
import { Progress } from '@/components/ui/progress'
import { SqlView, type SqlMark } from '@/components/ui/sql-view'
import { formatCount, plural } from '@/lib/format'
import type { PlanView, Selection } from '@/lib/tenancy/contract'
import { Findings } from './findings'
import { leftOutCount, narrowed, planSentence, reasonText, rolloutHref } from './plan-model'

type Props = { readonly plan: PlanView; readonly selection: Selection }

/** What the plan would do: how many from where, in which databases, who is left out and why, and the SQL itself. */
export function PlanPreview({ plan, selection }: Props) {
  const leftOut = leftOutCount(plan)
  const link = (by: Parameters<typeof narrowed>[1]): string | null => {
    const next = narrowed(selection, by)
    return next === null ? null : rolloutHref(plan.set, next, plan.toVersion)
  }
  return (
    <div className="flex flex-col gap-6">
      <p role="status" className="text-lg font-medium">
        {planSentence(plan)}
      </p>
      {plan.total === 0 ? null : (
        <div className="grid gap-x-10 gap-y-6 md:grid-cols-2">
          <Shares
            title="By version now"
            total={plan.total}
            rows={plan.byVersion.map(({ version, count, steps }) => ({
              key: version ?? '',
              name: version ?? 'nothing applied',
              count,
              note: plural(steps, 'step'),
              href: plan.byVersion.length > 1 ? link({ version }) : null,
            }))}
          />
          <Shares
            title="By database"
            total={plan.total}
            rows={plan.byDatabase.map(({ database, count, budget }) => ({
              key: database,
              name: database,
              count,
              note: `budget ${budget}`,
              href: plan.byDatabase.length > 1 ? link({ database }) : null,
            }))}
          />
        </div>
      )}
      {leftOut === 0 ? null : (
        <section aria-label="Left out">
          <h2 className="mb-1 font-semibold">{formatCount(leftOut)} left out</h2>
          <ul>
            {plan.leftOut.map(({ reason, count }) => (
              <li key={reason} className="flex gap-2">
                <span className="w-12 text-right">{formatCount(count)}</span>
                <span className="text-muted">{reasonText(reason)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {plan.total === 0 ? null : (
        <section aria-label="Migrations" className="flex flex-col gap-5">
          <h2 className="font-semibold">{plan.migrations.length === 1 ? 'The migration' : `The ${plan.migrations.length} migrations, oldest first`}</h2>
          {plan.migrations.map((migration) => (
            <PlannedMigration key={migration.version} migration={migration} />
          ))}
        </section>
      )}
    </div>
  )
}

type ShareRow = { readonly key: string; readonly name: string; readonly count: number; readonly note: string; readonly href: string | null }

function Shares({ title, total, rows }: { readonly title: string; readonly total: number; readonly rows: readonly ShareRow[] }) {
  return (
    <section aria-label={title} className="min-w-0">
      <h2 className="mb-1 font-semibold">{title}</h2>
      <ul>
        {rows.map((row) => (
          <li key={row.key} className="grid h-7 grid-cols-[minmax(4rem,1fr)_5rem_3rem_4.5rem_4.5rem] items-center gap-x-2">
            <span className="mono truncate">{row.name}</span>
            <Progress
              label={`${row.name}: targets`}
              total={total}
              done={row.count}
              parts={[{ key: 'count', value: row.count, tone: 'behind', label: 'targets' }]}
            />
            <span className="text-right">{formatCount(row.count)}</span>
            <span className="truncate text-xs text-muted">{row.note}</span>
            {row.href === null ? null : (
              <Link href={row.href} className="text-xs whitespace-nowrap text-accent-ink underline-offset-2 hover:underline">
                only these
                <span className="sr-only"> of {row.name}</span>
              </Link>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function PlannedMigration({ migration }: { readonly migration: PlanView['migrations'][number] }) {
  const marks = useMemo(
    (): readonly SqlMark[] => migration.findings.map(({ line, level, message }) => ({ line, tone: level === 'error' ? 'bad' : 'behind', message })),
    [migration.findings],
  )
  return (
    <article className="flex min-w-0 flex-col gap-2">
      <h3 className="flex flex-wrap items-baseline gap-x-3">
        <span className="mono font-medium">
          {migration.version} {migration.name}
        </span>
        <span className="text-xs text-muted">
          {migration.transactional ? 'one transaction with its history row' : 'statement by statement, no transaction'}
          {migration.isShared ? ' · names a table that all tenants share: one target at a time in each database' : null}
        </span>
      </h3>
      <Findings findings={migration.findings} />
      <SqlView sql={migration.sql} label={`${migration.version} ${migration.name}`} marks={marks} maxHeight="max-h-80" />
    </article>
  )
}
