import { RelativeTime } from '@/components/ui/relative-time'
import { SqlView } from '@/components/ui/sql-view'
import { plural } from '@/lib/format'
import { describePace, type RunDetail } from '@/lib/tenancy/contract'

/** What was frozen when the run was made, and who drives it. */
export function RunPlan({ run }: { readonly run: RunDetail }) {
  return (
    <div className="grid gap-x-10 gap-y-6 lg:grid-cols-2">
      <section aria-label="Settings">
        <h2 className="mb-2 text-sm font-semibold">Settings</h2>
        <dl className="grid grid-cols-[9rem_minmax(0,1fr)] gap-y-1">
          <Fact name="Set">
            <span className="mono">{run.set}</span>
          </Fact>
          {run.repair === null ? (
            <Fact name="To version">
              <span className="mono">{run.toVersion ?? 'head'}</span>
            </Fact>
          ) : null}
          <Fact name="Targets">{plural(run.counts.total, 'target')}</Fact>
          <Fact name="Attempts so far">{run.attempts}</Fact>
          <Fact name="At once">
            {run.maxConcurrent === null ? 'as many as each server bears, within its budget' : `at most ${run.maxConcurrent} on each server`}
          </Fact>
          <Fact name="Failures tolerated">{run.failureTolerance ?? 'any number'}</Fact>
          <Fact name="Plan digest">
            <span className="mono break-all text-muted">{run.digest}</span>
          </Fact>
        </dl>
        <h2 className="mt-6 mb-2 text-sm font-semibold">Servers</h2>
        <ul className="flex flex-col gap-1">
          {run.servers.map((server) => (
            <li key={server.server} className="flex flex-wrap gap-x-1.5">
              <span className="mono">{server.server}</span>
              <span className="text-muted">
                budget {server.budget}
                {server.pace === null ? null : ` · ${describePace(server.pace)}`}
                {server.conductor === null ? null : (
                  <>
                    {' '}
                    · driven by <span className="mono">{server.conductor.worker}</span>, heard of <RelativeTime at={server.conductor.heartbeatAt} />
                  </>
                )}
                {server.waitingFor === null ? null : ` · ${server.waitingFor}`}
              </span>
            </li>
          ))}
        </ul>
      </section>
      {run.repair === null ? <Migrations run={run} /> : <FrozenRepair set={run.set} repair={run.repair} />}
    </div>
  )
}

function FrozenRepair({ set, repair }: { readonly set: string; readonly repair: NonNullable<RunDetail['repair']> }) {
  return (
    <section aria-label="Repair" className="min-w-0">
      <h2 className="mb-2 text-sm font-semibold">What was frozen</h2>
      <p className="mb-2 text-muted">
        From shape {repair.letter ?? repair.shape} to the norm of <span className="mono">{set}</span> at{' '}
        <span className="mono">{repair.version ?? 'no version'}</span>. An item is committed only where nothing differs afterwards but what was accepted or left
        to a person.
      </p>
      <SqlView sql={repair.script} label="Statements of the repair" />
    </section>
  )
}

function Migrations({ run }: { readonly run: RunDetail }) {
  return (
    <section aria-label="Migrations" className="min-w-0">
      <h2 className="mb-2 text-sm font-semibold">{plural(run.migrations.length, 'migration')}, frozen with their checksums</h2>
      <ul className="max-h-96 overflow-y-auto rounded-lg border border-line bg-surface" tabIndex={0} aria-label="Frozen migrations">
        {run.migrations.map((migration) => (
          <li key={migration.version} className="flex h-9 items-center gap-3 border-b border-line px-3 last:border-0">
            <span className="mono min-w-0 flex-1 truncate">
              {migration.version} <span className="text-muted">{migration.name}</span>
            </span>
            {migration.transactional ? null : <span className="text-xs text-behind-ink">no transaction</span>}
            <span className="mono w-24 shrink-0 truncate text-xs text-muted" title={migration.checksum}>
              {migration.checksum.slice(0, 12)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}
