'use client'

import { useState } from 'react'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import type { CommandResult } from '@/lib/tenancy/contract'
import { DoorForm } from './door-form'

type Props = {
  readonly signIn: (input: { email: string; password: string }) => Promise<CommandResult<void>>
  /** Where to go afterwards: a path of this console. */
  readonly next: string
}

export function SignInForm({ signIn, next }: Props) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  return (
    <DoorForm send={signIn} input={{ email, password }} next={next} button="Sign in" typed={['email', 'password']}>
      {(problem) => (
        <>
          <Field label="E-mail address" error={problem('email')}>
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
          <Field label="Password" error={problem('password')}>
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
        </>
      )}
    </DoorForm>
  )
}
