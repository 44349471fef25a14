'use client'

import { useState } from 'react'
import { Dialog, DialogContent, FormActions } from '@/components/ui/dialog'
import { ErrorNote } from '@/components/ui/error-note'
import { Field } from '@/components/ui/field'
import { Input } from '@/components/ui/input'
import { useCommand } from '@/lib/client/use-command'
import type { CommandResult, TenantDetail } from '@/lib/tenancy/contract'
import { readTenantForm, writeLabels, type TenantForm } from './edit-model'
import { HostsAndLabels } from './hosts-and-labels'

export type UpdateTenant = (input: { slug: string; name: string; hosts: string[]; labels: Record<string, string> }) => Promise<CommandResult<void>>

type Props = { readonly tenant: TenantDetail; readonly update: UpdateTenant; readonly onClose: () => void; readonly onDone: () => void }

export function EditDialog({ tenant, update, onClose, onDone }: Props) {
  const [form, setForm] = useState<TenantForm>({ name: tenant.name, hosts: tenant.hosts.join('\n'), labels: writeLabels(tenant.labels) })
  const [tried, setTried] = useState(false)
  const { run, busy, error } = useCommand(update, onDone)
  const { input, problems } = readTenantForm(tenant.slug, form)
  const set = (part: Partial<TenantForm>): void => setForm((now) => ({ ...now, ...part }))
  const problem = (field: keyof TenantForm): string | undefined => (tried ? problems[field] : undefined)

  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title={`Edit ${tenant.slug}`} description="The slug, the schema and the role keep their names.">
        <form
          noValidate
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            setTried(true)
            if (input) void run(input)
          }}
        >
          <Field label="Name" error={problem('name')}>
            {(control) => <Input {...control} value={form.name} onChange={(event) => set({ name: event.target.value })} autoComplete="off" />}
          </Field>
          <HostsAndLabels form={form} rows={3} problem={problem} set={set} />
          <ErrorNote error={error} />
          <FormActions className="mt-0" busy={busy}>
            Save
          </FormActions>
        </form>
      </DialogContent>
    </Dialog>
  )
}
