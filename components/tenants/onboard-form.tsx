'use client'

import { useRouter } from 'next/navigation'
import { useEffect, useRef, useState } from 'react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Select } from '@/components/ui/select'
import { useCommand } from '@/lib/client/use-command'
import type { CommandResult, OnboardInput, RunRef } from '@/lib/tenancy/contract'
import { HostsAndLabels } from './hosts-and-labels'
import { emptyOnboardForm, outcomeOf, readOnboardForm, slugOf, type OnboardField, type OnboardForm as Form, type SetChoice } from './onboard-model'
import { SlugField } from './slug-field'
import { usePlaceCheck } from './use-place-check'
import { useSlugCheck } from './use-slug-check'

export type Onboard = (input: OnboardInput) => Promise<CommandResult<RunRef>>

type Props = { readonly sets: readonly SetChoice[]; readonly databases: readonly string[]; readonly onboard: Onboard }

export function OnboardForm({ sets, databases, onboard }: Props) {
  const router = useRouter()
  const [form, setForm] = useState<Form>(emptyOnboardForm(sets[0]?.name ?? ''))
  const [tried, setTried] = useState(false)
  const { run, busy, error } = useCommand(onboard, ({ run: id }) => {
    toast.success(`Onboarding of ${slugOf(form)} started as run ${id}.`)
    router.push(`/runs/${id}`)
  })
  const slug = slugOf(form)
  const verdict = useSlugCheck(slug)
  const { input, problems } = readOnboardForm(form)
  const place = usePlaceCheck(verdict.kind === 'free' ? input : null)
  const chosen = sets.find(({ name }) => name === form.set)
  const set = (part: Partial<Form>): void => setForm((now) => ({ ...now, ...part }))
  const problem = (field: OnboardField): string | undefined => (tried ? problems[field] : undefined) ?? place.problems[field]
  // While the slug is being looked up the server's own look decides.
  const ready = input !== null && verdict.kind !== 'refused'

  return (
    <form
      noValidate
      className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_300px]"
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (ready) void place.askAgain().then((isFree) => (isFree ? run(input) : undefined))
      }}
    >
      <div className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4">
        <Field label="Name" hint="As people call the customer." error={problem('name')}>
          {(control) => <Input {...control} value={form.name} onChange={(event) => set({ name: event.target.value })} autoComplete="off" autoFocus />}
        </Field>
        <SlugField slug={slug} verdict={verdict} tried={tried} onChange={(text) => set({ slug: text === '' ? null : text })} />
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Set" error={problem('set')}>
            {(control) => (
              <Select {...control} value={form.set} onChange={(event) => set({ set: event.target.value })}>
                {sets.map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
              </Select>
            )}
          </Field>
          <Field label="Database" error={problem('database')}>
            {(control) => (
              <Select {...control} value={form.database} onChange={(event) => set({ database: event.target.value })}>
                <option value="">{chosen?.defaultDatabase ? `${chosen.defaultDatabase}, the set’s default` : 'choose one'}</option>
                {databases
                  .filter((name) => name !== chosen?.defaultDatabase)
                  .map((name) => (
                    <option key={name} value={name}>
                      {name}
                    </option>
                  ))}
              </Select>
            )}
          </Field>
        </div>
        <div className="grid gap-4 sm:grid-cols-2">
          <HostsAndLabels form={form} rows={2} problem={problem} set={set} />
        </div>
        <AdoptFields form={form} head={chosen?.head ?? ''} problem={problem} set={set} />
        <Field label="Note" optional hint="Stands with the run and in the audit trail." error={problem('note')}>
          {(control) => <Input {...control} value={form.note} onChange={(event) => set({ note: event.target.value })} autoComplete="off" />}
        </Field>
      </div>
      <OutcomeNote form={form} set={chosen}>
        {place.notes.map((note) => (
          <p key={note} className="text-muted">
            {note}
          </p>
        ))}
        <ErrorNote error={error} />
        <Button type="submit" variant="primary" busy={busy} className="w-full">
          Onboard {verdict.kind === 'free' && slug.length <= longestOnButton ? slug : 'the tenant'}
        </Button>
      </OutcomeNote>
    </form>
  )
}

/** Characters of a slug that a narrow screen has room for. */
const longestOnButton = 24

type AdoptProps = {
  readonly form: Form
  readonly head: string
  readonly problem: (field: OnboardField) => string | undefined
  readonly set: (part: Partial<Form>) => void
}

function AdoptFields({ form, head, problem, set }: AdoptProps) {
  const look = { className: 'mono', spellCheck: false, autoComplete: 'off' } as const
  const part = useRef<HTMLDetailsElement>(null)
  const isWrong = problem('schema') !== undefined || problem('baseline') !== undefined
  // And stays open when what was wrong is put right: somebody is typing in it.
  useEffect(() => {
    if (isWrong && part.current) part.current.open = true
  }, [isWrong])
  return (
    <details ref={part} className="group">
      <summary className="w-max rounded-sm text-sm text-muted select-none hover:text-ink">The schema exists already</summary>
      <div className="mt-3 grid gap-4 sm:grid-cols-2">
        <Field label="Schema" optional hint="Where it is not tenant_ and the slug." error={problem('schema')}>
          {(control) => <Input {...control} {...look} value={form.schema} onChange={(event) => set({ schema: event.target.value })} />}
        </Field>
        <Field label="Stands at version" optional hint="Declares it to be there; nothing is run." error={problem('baseline')}>
          {(control) => <Input {...control} {...look} value={form.baseline} onChange={(event) => set({ baseline: event.target.value })} placeholder={head} />}
        </Field>
      </div>
    </details>
  )
}

function OutcomeNote({ form, set, children }: { readonly form: Form; readonly set: SetChoice | undefined; readonly children: React.ReactNode }) {
  const { schema, database, what } = outcomeOf(form, set)
  return (
    <div className="flex flex-col gap-3 text-sm lg:sticky lg:top-4">
      <h2 className="font-semibold">What will happen</h2>
      <p className="text-muted">
        In one transaction, schema <span className="mono break-all text-ink">{schema}</span> in database{' '}
        {database === null ? <span className="text-bad-ink">not chosen yet</span> : <span className="mono text-ink">{database}</span>} is {what}, with a role
        that has rights on that schema only.
      </p>
      <p className="text-muted">If anything fails, nothing is left behind, and the same can be sent again.</p>
      {children}
    </div>
  )
}
