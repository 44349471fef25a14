'use client'

import { Rocket } from 'lucide-react'
import Link from 'next/link'
import { useMemo } from 'react'
import { Button } from '@/components/ui/button'
import { Sheet, SheetContent } from '@/components/ui/sheet'
import { SqlView, type SqlMark } from '@/components/ui/sql-view'
import { usePanelFocus } from '@/components/ui/use-panel-focus'
import { plural } from '@/lib/format'
import type { MigrationView, SetDetail } from '@/lib/tenancy/contract'
import { CoverageBar } from './coverage-bar'
import { Findings } from './findings'
import { rolloutHref } from './plan-model'

type Props = {
  readonly set: SetDetail
  readonly migration: MigrationView
  readonly mayStart: boolean
  readonly onChoose: (version: string | null) => void
}

/** One migration beside the list: who has it, what the lint found, the SQL with the lines marked. */
export function MigrationPanel({ set, migration, mayStart, onChoose }: Props) {
  const marks = useMemo(
    (): readonly SqlMark[] => migration.findings.map(({ line, level, message }) => ({ line, tone: level === 'error' ? 'bad' : 'behind', message })),
    [migration.findings],
  )
  const focus = usePanelFocus()
  const without = set.targets - migration.applied
  const step = (by: number): void => {
    const next = set.list[set.list.indexOf(migration) + by]
    if (next) onChoose(next.version)
  }
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.metaKey || event.ctrlKey || event.altKey || (event.key !== 'j' && event.key !== 'k')) return
    event.preventDefault()
    // The list has the newest on top.
    step(event.key === 'j' ? -1 : 1)
  }
  return (
    <Sheet open modal={false} onOpenChange={(open) => (open ? undefined : onChoose(null))}>
      <SheetContent
        veil={false}
        {...focus}
        onKeyDown={onKeyDown}
        onInteractOutside={(event) => event.preventDefault()}
        title={
          <span className="mono">
            {migration.version} <span className="text-muted">{migration.name}</span>
          </span>
        }
        headerActions={
          mayStart && without > 0 ? (
            <Button asChild size="sm">
              <Link href={rolloutHref(set.name, { kind: 'all' }, migration.version)}>
                <Rocket aria-hidden />
                Roll out to here…
              </Link>
            </Button>
          ) : null
        }
      >
        <div className="flex flex-col gap-5 p-4">
          <div className="flex flex-col gap-1">
            <CoverageBar applied={migration.applied} targets={set.targets} label={`Targets that have ${migration.version}`} />
            <p className="text-muted">
              {migration.transactional
                ? 'Runs in one transaction with its history row.'
                : 'Runs statement by statement, outside a transaction; a half-done one is seen and said.'}
            </p>
            <p className="mono text-xs break-all text-muted">
              {migration.file} · {migration.checksum}
            </p>
          </div>
          {migration.findings.length === 0 ? null : (
            <section>
              <h3 className="mb-2 font-semibold">{plural(migration.findings.length, 'finding')}</h3>
              <Findings findings={migration.findings} />
            </section>
          )}
          <section>
            <h3 className="mb-2 font-semibold">SQL</h3>
            <SqlView sql={migration.sql} label={migration.file} marks={marks} maxHeight="max-h-[60vh]" />
          </section>
          {migration.downSql === null ? null : (
            <section>
              <h3 className="mb-2 font-semibold">The way back</h3>
              <SqlView sql={migration.downSql} label={`The way back from ${migration.version}`} />
            </section>
          )}
        </div>
      </SheetContent>
    </Sheet>
  )
}
