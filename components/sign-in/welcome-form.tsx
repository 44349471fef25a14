'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { problemOf, useCommand } from '@/lib/client/use-command'
import type { CommandResult } from '@/lib/tenancy/contract'

type Props = {
  readonly email: string
  readonly token: string
  readonly redeem: (input: { token: string; password: string }) => Promise<CommandResult<void>>
}

export function WelcomeForm({ email, token, redeem }: Props) {
  const [password, setPassword] = useState('')
  const [isLeaving, setLeaving] = useState(false)
  const { run, busy, error } = useCommand(redeem, () => {
    setLeaving(true)
    window.location.replace('/')
  })
  const problem = problemOf(error, 'password')
  return (
    <form
      method="post"
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void run({ token, password })
      }}
    >
      <Field label="E-mail address">{(control) => <Input {...control} name="email" type="email" autoComplete="username" readOnly value={email} />}</Field>
      <Field label="New password" hint="At least 10 characters." error={problem}>
        {(control) => (
          <Input
            {...control}
            name="password"
            type="password"
            autoComplete="new-password"
            autoFocus
            required
            minLength={10}
            maxLength={128}
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      {error && problem === null ? <ErrorNote error={error} /> : null}
      <Button type="submit" variant="primary" busy={busy || isLeaving}>
        Set password and sign in
      </Button>
    </form>
  )
}
