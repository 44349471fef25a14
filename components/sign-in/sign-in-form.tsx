'use client'

import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { problemOf, useCommand } from '@/lib/client/use-command'
import type { CommandResult } from '@/lib/tenancy/contract'

type Props = {
  readonly signIn: (input: { email: string; password: string }) => Promise<CommandResult<void>>
  /** Where to go afterwards: a path of this console. */
  readonly next: string
}

export function SignInForm({ signIn, next }: Props) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [isLeaving, setLeaving] = useState(false)
  const { run, busy, error } = useCommand(signIn, () => {
    setLeaving(true)
    // A whole new page, so that nothing drawn for somebody signed out stays.
    window.location.assign(next)
  })
  const emailProblem = problemOf(error, 'email')
  return (
    <form
      method="post"
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void run({ email, password })
      }}
    >
      <Field label="E-mail address" error={emailProblem}>
        {(control) => (
          <Input
            {...control}
            name="email"
            type="email"
            autoComplete="username"
            autoFocus
            required
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        )}
      </Field>
      <Field label="Password" error={problemOf(error, 'password')}>
        {(control) => (
          <Input
            {...control}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        )}
      </Field>
      {error && emailProblem === null ? <ErrorNote error={error} /> : null}
      <Button type="submit" variant="primary" busy={busy || isLeaving}>
        Sign in
      </Button>
    </form>
  )
}
