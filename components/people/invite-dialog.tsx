'use client'

import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Dialog, DialogActions, DialogClose, DialogContent, DialogTrigger, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { Select } from '@/components/ui/select'
import { problemOf, useCommand } from '@/lib/client/use-command'
import { roles, type CommandResult, type Role } from '@/lib/tenancy/contract'
import { LinkOnce, type OneTimeLink } from './link-once'
import { roleWords } from './role-words'

type Invite = (input: { email: string; name: string; role: Role }) => Promise<CommandResult<{ readonly token: string; readonly expiresAt: string }>>

export function InviteDialog({ invite }: { readonly invite: Invite }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <Dialog open={isOpen} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <UserPlus aria-hidden />
          Invite a person
        </Button>
      </DialogTrigger>
      <DialogContent title="Invite a person" description="Makes a one-time link with which they set their password. Nothing is sent: you pass the link on.">
        <InviteForm invite={invite} />
      </DialogContent>
    </Dialog>
  )
}

function InviteForm({ invite }: { readonly invite: Invite }) {
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('operator')
  const [link, setLink] = useState<OneTimeLink | null>(null)
  const { run, busy, error } = useCommand(invite, ({ token, expiresAt }) => setLink({ email: email.trim(), token, expiresAt }))
  if (link) {
    return (
      <>
        <LinkOnce {...link} />
        <DialogActions>
          <DialogClose asChild>
            <Button variant="primary">Done</Button>
          </DialogClose>
        </DialogActions>
      </>
    )
  }
  const [emailProblem, nameProblem] = [problemOf(error, 'email'), problemOf(error, 'name')]
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void run({ email, name, role })
      }}
    >
      <Field label="E-mail address" error={emailProblem}>
        {(control) => <Input {...control} type="email" required autoComplete="off" value={email} onChange={(event) => setEmail(event.target.value)} />}
      </Field>
      <Field label="Name" optional error={nameProblem}>
        {(control) => <Input {...control} autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <Field label="Role" hint={`${roleWords[role].label}: ${roleWords[role].may}.`}>
        {(control) => (
          <Select {...control} value={role} onChange={(event) => setRole(roles.find((known) => known === event.target.value) ?? 'support')}>
            {roles.map((known) => (
              <option key={known} value={known}>
                {roleWords[known].label}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {error && emailProblem === null && nameProblem === null ? <ErrorNote error={error} /> : null}
      <FormActions className="mt-5" busy={busy}>
        Make the link
      </FormActions>
    </form>
  )
}
