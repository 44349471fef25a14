'use client'

import { useState } from 'react'
import { toast } from 'sonner'
import { Button } from '@/components/ui/button'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Panel } from '@/components/ui/page-header'
import { problemOf, useCommand } from '@/lib/client/use-command'
import type { CommandResult } from '@/lib/tenancy/contract'

type Props = {
  readonly email: string
  readonly changePassword: (input: { current: string; next: string }) => Promise<CommandResult<void>>
}

export function PasswordForm({ email, changePassword }: Props) {
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const { run, busy, error } = useCommand(changePassword, () => {
    setCurrent('')
    setNext('')
    toast.success('The password was changed; other sessions were ended.')
  })
  const problem = problemOf(error, 'next')
  return (
    <Panel title="Password">
      <form
        className="flex max-w-sm flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          void run({ current, next })
        }}
      >
        <input type="email" name="email" autoComplete="username" value={email} readOnly hidden />
        <Field label="Password now">
          {(control) => (
            <Input {...control} type="password" autoComplete="current-password" required value={current} onChange={(event) => setCurrent(event.target.value)} />
          )}
        </Field>
        <Field label="New password" hint="At least 10 characters. Ends all other sessions." error={problem}>
          {(control) => (
            <Input
              {...control}
              type="password"
              autoComplete="new-password"
              required
              minLength={10}
              maxLength={128}
              value={next}
              onChange={(event) => setNext(event.target.value)}
            />
          )}
        </Field>
        {error && problem === null ? <ErrorNote error={error} /> : null}
        <div>
          <Button type="submit" variant="primary" busy={busy}>
            Change the password
          </Button>
        </div>
      </form>
    </Panel>
  )
}
