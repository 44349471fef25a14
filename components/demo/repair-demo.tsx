'use client'

import { useQuery } from '@tanstack/react-query'
import { Wrench } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { CommandLine } from '@/components/ui/command-line'
import { runQueries } from '@/lib/client/queries/runs'
import { toastRefusal } from '@/lib/client/toast-refusal'
import { useCommand } from '@/lib/client/use-command'
import { plural } from '@/lib/format'
import { may, type CommandResult, type Role } from '@/lib/tenancy/contract'
import { repairable, repairedSentence } from './repair-demo-model'

type Repaired = { readonly tenants: readonly string[]; readonly invoices: number; readonly locked: readonly string[] }

type Props = {
  readonly run: number
  readonly role: Role
  /** Tenants of the demo whose rows are in the way. */
  readonly broken: readonly string[]
  readonly action: (input: Record<string, never>) => Promise<CommandResult<Repaired>>
}

const repairStatement = 'UPDATE invoices SET issued_on = due_on, due_on = issued_on WHERE due_on < issued_on'

/** Stands above the failures of a run over the demo fleet: why those rows are wrong, and the way to put them right. */
export function RepairDemo({ run, role, broken, action }: Props) {
  // The failures are read by the page itself; this only looks at them.
  const { data: groups } = useQuery({ ...runQueries.failures(run), enabled: false })
  const [repaired, setRepaired] = useState<Repaired | null>(null)
  const repair = useCommand(action, setRepaired, toastRefusal)
  const tenants = repairable(groups?.flatMap((group) => group.tenants) ?? [], broken)
  if (tenants.length === 0) return null
  if (repaired !== null)
    return (
      <p role="status" className="flex items-center gap-2 rounded-lg border border-line bg-surface px-4 py-3">
        <Wrench aria-hidden className="size-4 shrink-0 text-good-ink" />
        {repairedSentence(repaired.invoices, repaired.tenants.length, repaired.locked)} {repaired.invoices > 0 ? 'Try these tenants again.' : ''}
      </p>
    )
  return (
    <section aria-labelledby="repair-demo" className="flex flex-wrap items-start gap-x-4 gap-y-3 rounded-lg border border-line bg-surface px-4 py-3">
      <div className="min-w-0 flex-1 basis-80">
        <h2 id="repair-demo" className="font-semibold">
          The demo data of {plural(tenants.length, 'tenant')} needs a repair first
        </h2>
        <p className="mt-0.5 mb-2 text-muted">
          An old import swapped the two dates of some invoices. In your own fleet you would mend such rows by hand, in each tenant’s schema:
        </p>
        <CommandLine>{repairStatement}</CommandLine>
      </div>
      {may(role, 'runs.rerun') ? (
        <Button busy={repair.busy} onClick={() => void repair.run({})}>
          <Wrench aria-hidden />
          Repair demo data
        </Button>
      ) : null}
    </section>
  )
}
