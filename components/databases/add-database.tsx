'use client'

import { useQueryClient } from '@tanstack/react-query'
import { CircleCheck, Plus, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { Dialog, DialogContent, DialogTrigger, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { databaseKeys } from '@/lib/client/queries/databases'
import { problemOf, useCommand } from '@/lib/client/use-command'
import { formatBytes, plural } from '@/lib/format'
import type { DatabaseFacts } from '@/lib/tenancy/contract'
import { AddressFields, addressInput, AddressNote, type Addresses } from './address-fields'
import type { DatabaseActions } from './database-actions'
import { budgetProblem, budgetReason, proposeName } from './database-model'

type Props = { readonly actions: DatabaseActions; readonly taken: readonly string[] }

/** First the connection is tested and the server's facts are read; only then can it be saved. */
export function AddDatabase({ actions, taken }: Props) {
  const [open, setOpen] = useState(false)
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Plus aria-hidden />
          Add a database
        </Button>
      </DialogTrigger>
      <DialogContent width="md" title="Add a database" description="The connection is tested first. Nothing in the database is changed.">
        <AddForm actions={actions} taken={taken} onDone={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  )
}

type Tested = { readonly addresses: Addresses; readonly facts: DatabaseFacts }

function AddForm({ actions, taken, onDone }: Props & { readonly onDone: () => void }) {
  const [addresses, setAddresses] = useState<Addresses>({ url: '', directUrl: '' })
  const [tested, setTested] = useState<Tested | null>(null)
  const check = useCommand(actions.check, (facts) => setTested({ addresses, facts }))
  const isTested = tested !== null && tested.addresses === addresses
  return (
    <div className="flex flex-col gap-4">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          void check.run(addressInput(addresses))
        }}
      >
        <AddressFields
          value={addresses}
          onChange={setAddresses}
          error={check.error}
          isHidden={isTested}
          placeholder="postgres://user:password@host:5432/dbname"
        />
        <AddressNote error={check.error} />
        {isTested ? null : <FormActions busy={check.busy}>Test the connection</FormActions>}
      </form>
      {isTested ? <SaveForm tested={tested} actions={actions} taken={taken} onDone={onDone} /> : null}
    </div>
  )
}

type SaveProps = { readonly tested: Tested; readonly actions: DatabaseActions; readonly taken: readonly string[]; readonly onDone: () => void }

function SaveForm({ tested: { addresses, facts }, actions, taken, onDone }: SaveProps) {
  const client = useQueryClient()
  const [name, setName] = useState(() => proposeName(facts.dbname, taken))
  const [budget, setBudget] = useState(String(facts.proposedBudget))
  const add = useCommand(actions.add, (row) => {
    toast.success(`Database ${row.name} is added.`)
    void client.invalidateQueries({ queryKey: databaseKeys.all })
    onDone()
  })
  const wrongBudget = budgetProblem(budget, facts.maxConnections)
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (wrongBudget === null) void add.run({ name: name.trim(), ...addressInput(addresses), budget: Number(budget) })
      }}
    >
      <Facts facts={facts} />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field
          label="Name here"
          hint="Lower-case letters, digits, - and _."
          error={taken.includes(name.trim()) ? 'This name is taken.' : problemOf(add.error, 'name')}
        >
          {(control) => (
            <Input {...control} className="mono" required autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <Field label="Connection budget" error={wrongBudget ?? problemOf(add.error, 'budget')}>
          {(control) => (
            <Input {...control} required inputMode="numeric" autoComplete="off" value={budget} onChange={(event) => setBudget(event.target.value)} />
          )}
        </Field>
      </div>
      <p className="text-xs text-muted">{budgetReason(facts)}</p>
      <ErrorNote error={add.error} />
      <FormActions busy={add.busy} disabled={wrongBudget !== null || taken.includes(name.trim())}>
        Add the database
      </FormActions>
    </form>
  )
}

function Facts({ facts }: { readonly facts: DatabaseFacts }) {
  return (
    <section aria-label="What the server said" className="flex flex-col gap-1">
      <p role="status" className="flex items-start gap-2">
        <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good-ink" />
        <span>
          PostgreSQL {facts.version} answers at{' '}
          <span className="mono">
            {facts.host}:{facts.port}/{facts.dbname}
          </span>{' '}
          as <span className="mono">{facts.user}</span>: {formatBytes(facts.bytes)}, {plural(facts.schemas, 'schema')}.
          {facts.pooler === null ? null : (
            <>
              {' '}
              Applications reach it through <span className="mono">{facts.pooler}</span>.
            </>
          )}
        </span>
      </p>
      {facts.warnings.map((warning) => (
        <p key={warning} className="flex items-start gap-2">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-behind-ink" />
          {warning}
        </p>
      ))}
    </section>
  )
}
