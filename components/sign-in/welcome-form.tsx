'use client'

import { useState } from 'react'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import type { CommandResult } from '@/lib/tenancy/contract'
import { DoorForm } from './door-form'

type Props = {
  readonly email: string
  readonly token: string
  readonly redeem: (input: { token: string; password: string }) => Promise<CommandResult<void>>
}

export function WelcomeForm({ email, token, redeem }: Props) {
  const [password, setPassword] = useState('')
  return (
    <DoorForm send={redeem} input={{ token, password }} next="/" button="Set password and sign in" typed={['password']}>
      {(problem) => (
        <>
          <Field label="E-mail address">{(control) => <Input {...control} name="email" type="email" autoComplete="username" readOnly value={email} />}</Field>
          <Field label="New password" hint="At least 10 characters." error={problem('password')}>
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
        </>
      )}
    </DoorForm>
  )
}
