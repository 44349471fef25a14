'use client'

import { useQueryClient } from '@tanstack/react-query'
import { Flame } from 'lucide-react'
import { useState } from 'react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { cn } from '@/components/ui/class-names'
import { Dialog, DialogContent, DialogTrigger, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { RelativeTime } from '@/components/ui/relative-time'
import { Select } from '@/components/ui/select'
import { setKeys } from '@/lib/client/queries/migrations'
import { problemOf, useCommand } from '@/lib/client/use-command'
import type { CommandResult, PoolView, SetDetail } from '@/lib/tenancy/contract'
import { poolReason, poolSentence, poolSizeProblem, poolText, unpooled } from './pool-model'

export type SetPoolAction = (input: { set: string; database?: string; size: number }) => Promise<CommandResult<PoolView>>

type Props = {
  readonly set: Pick<SetDetail, 'name' | 'pools' | 'defaultDatabase'>
  readonly setPool: SetPoolAction | null
  readonly databases: readonly string[]
}

/** The ready schemas that new tenants of the set are given, by database. */
export function PoolSection({ set, setPool, databases }: Props) {
  const free = unpooled(databases, set.pools, set.defaultDatabase)
  return (
    <section aria-labelledby="warm-pool" className="mt-6">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h2 id="warm-pool" className="text-sm font-semibold">
          Warm pool
        </h2>
        {setPool && free.length > 0 ? <PoolDialog set={set.name} setPool={setPool} databases={free} size={10} trigger="Keep ready schemas" /> : null}
      </div>
      {set.pools.length === 0 ? (
        <p className="mt-1 max-w-[70ch] text-muted">
          No schemas are kept ready. With some at the newest version, seed and role included, a new tenant is given one by rename and is active in milliseconds;
          workers make up for it in the background. <span className="mono">npx tenantry sets pool {set.name} --size 10</span>
        </p>
      ) : (
        <ul className="mt-2 overflow-hidden rounded-lg border border-line bg-surface">
          {set.pools.map((pool) => (
            <PoolRow key={pool.database} set={set.name} pool={pool} setPool={setPool} />
          ))}
        </ul>
      )}
    </section>
  )
}

function PoolRow({ set, pool, setPool }: { readonly set: string; readonly pool: PoolView; readonly setPool: SetPoolAction | null }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-1.5 last:border-0">
      <span className="mono font-medium">{pool.database}</span>
      <span>{poolText(pool)}</span>
      <PoolReason pool={pool} />
      {setPool ? (
        <span className="ml-auto">
          <PoolDialog set={set} setPool={setPool} databases={[pool.database]} size={pool.size} trigger="Change" />
        </span>
      ) : null}
    </li>
  )
}

/** Why it is not full, and what happens next; nothing while it is. */
function PoolReason({ pool }: { readonly pool: PoolView }) {
  const reason = poolReason(pool)
  if (reason === null) return null
  return (
    <span className={cn('min-w-0 break-words', reason.tone === 'bad' ? 'text-bad-ink' : 'text-muted')}>
      {reason.text}
      {reason.retryAt === null ? null : (
        <>
          {' '}
          Tried again <RelativeTime at={reason.retryAt} />.
        </>
      )}
    </span>
  )
}

type DialogProps = {
  readonly set: string
  readonly setPool: SetPoolAction
  /** More than one: to choose from. */
  readonly databases: readonly string[]
  readonly size: number
  readonly trigger: string
}

function PoolDialog(props: DialogProps) {
  const [open, setOpen] = useState(false)
  const { set, databases, trigger } = props
  const [only, ...others] = databases
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm" aria-label={others.length === 0 ? `${trigger} in ${only}` : trigger}>
          <Flame aria-hidden />
          {trigger}
        </Button>
      </DialogTrigger>
      <DialogContent
        title={`Ready schemas of ${set}`}
        description="Each is a whole tenant without a name: it takes the same room on the server. 0 drops those that are there."
      >
        <PoolForm {...props} onDone={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  )
}

function PoolForm({ set, setPool, databases, size, onDone }: DialogProps & { readonly onDone: () => void }) {
  const client = useQueryClient()
  const [database, setDatabase] = useState(databases[0] ?? '')
  const [text, setText] = useState(String(size))
  const { run, busy, error } = useCommand(setPool, (pool) => {
    toast.success(poolSentence(set, pool))
    void client.invalidateQueries({ queryKey: setKeys.all })
    onDone()
  })
  const problem = poolSizeProblem(text)
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (problem === null) void run({ set, database, size: Number(text) })
      }}
    >
      {databases.length > 1 ? (
        <Field label="Database" error={problemOf(error, 'database')}>
          {(control) => (
            <Select {...control} value={database} onChange={(event) => setDatabase(event.target.value)}>
              {databases.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </Select>
          )}
        </Field>
      ) : null}
      <Field label={`Ready schemas in ${database}`} error={problem ?? problemOf(error, 'size')} hint="As many as are onboarded in a busy hour.">
        {(control) => <Input {...control} required inputMode="numeric" autoComplete="off" value={text} onChange={(event) => setText(event.target.value)} />}
      </Field>
      <ErrorNote error={error} />
      <FormActions busy={busy} disabled={problem !== null}>
        {Number(text) === 0 ? 'Keep none' : 'Keep them ready'}
      </FormActions>
    </form>
  )
}
