'use client'

import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { toast } from 'sonner'
import { tenantKeys } from '@/lib/client/keys'
import { useToastedCommand } from '@/lib/client/use-toasted-command'
import { plural } from '@/lib/format'
import { may, type CommandResult, type Role, type TenantFilter, type TenantRow } from '@/lib/tenancy/contract'
import { BulkBar, type BulkDeed } from './bulk-bar'
import { ChangeDialog, type ChangeTenants } from './change-dialog'
import { changedSentence, type StateChange } from './change-model'
import { chosenCount, chosenSentence, headerState, isNothing, selectionOf, setsOf, type Chosen } from './selection-model'

export type Observe = (input: {
  readonly slugs?: string[]
  readonly databases?: string[]
  readonly structure?: boolean
}) => Promise<CommandResult<{ readonly databases: readonly string[] }>>

export type BulkActions = { readonly suspend: ChangeTenants; readonly activate: ChangeTenants; readonly observe: Observe }

/** Whether there is anything that the role may do with a selection. */
export const hasBulkDeeds = (role: Role): boolean => may(role, 'runs.start') || may(role, 'tenants.change') || may(role, 'targets.observe')

type Props = {
  readonly chosen: Chosen
  readonly filter: TenantFilter
  readonly rows: readonly TenantRow[]
  readonly total: number
  readonly sets: readonly string[]
  readonly role: Role
  readonly actions: BulkActions
  readonly onAll: () => void
  readonly onClear: () => void
}

/** The bar for what is selected, with the dialogs that its buttons open. */
export function BulkPart({ chosen, filter, rows, total, sets, role, actions, onAll, onClear }: Props) {
  const client = useQueryClient()
  const [change, setChange] = useState<StateChange | null>(null)
  const observe = useToastedCommand(actions.observe, {
    onDone: ({ databases }) => {
      toast.success(`${plural(databases.length, 'database')} will be looked at.`, { description: 'The list follows as soon as they were read.' })
      onClear()
    },
  })
  const allowed = {
    migrate: may(role, 'runs.start'),
    report: may(role, 'reports.run'),
    change: may(role, 'tenants.change'),
    observe: may(role, 'targets.observe'),
  }
  const selection = selectionOf(chosen, filter)

  const begin = (deed: BulkDeed): void => {
    if (deed !== 'observe') return setChange(deed)
    const reached = chosen.kind === 'matching' ? databasesOf(filter) : { slugs: [...chosen.slugs] }
    observe.send(reached)
  }

  if (isNothing(chosen) || !hasBulkDeeds(role)) return null
  return (
    <>
      <BulkBar
        sentence={chosenSentence(chosen, total)}
        offerAll={
          chosen.kind === 'some' &&
          total > rows.length &&
          headerState(
            chosen,
            rows.map(({ slug }) => slug),
          ) === true
            ? total
            : null
        }
        selection={selection}
        sets={setsOf(chosen, rows, sets)}
        may={allowed}
        busy={observe.busy}
        onAll={onAll}
        onClear={onClear}
        onDeed={begin}
      />
      {change === null ? null : (
        <ChangeDialog
          change={change}
          selection={selection}
          count={chosenCount(chosen, total)}
          perform={actions[change]}
          onClose={() => setChange(null)}
          onDone={(changed) => {
            setChange(null)
            onClear()
            toast.success(changedSentence(change, changed))
            void client.invalidateQueries({ queryKey: tenantKeys.all })
          }}
        />
      )}
    </>
  )
}

/** Looking is done a database at a time: for everything that matches, the databases of the filter or all of them. */
const databasesOf = (filter: TenantFilter): { readonly databases?: string[] } => (filter.database ? { databases: filter.database } : {})
