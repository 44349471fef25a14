'use client'

import { useQueryClient } from '@tanstack/react-query'
import { Eye, Pause, Pencil, Play, Rocket, Trash2 } from 'lucide-react'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { toast } from 'sonner'
import { rolloutHref } from '@/components/migrations/plan-model'
import { Button } from '@/components/ui/button'
import { tenantKeys } from '@/lib/client/keys'
import { useToastedCommand } from '@/lib/client/use-toasted-command'
import { may, type Role, type TenantDetail } from '@/lib/tenancy/contract'
import type { BulkActions } from './bulk-part'
import { ChangeDialog } from './change-dialog'
import { changedSentence, type StateChange } from './change-model'
import { DiscardDialog, type DiscardTenant } from './discard-dialog'
import { EditDialog, type UpdateTenant } from './edit-dialog'

export type TenantCommands = BulkActions & { readonly update: UpdateTenant; readonly discard: DiscardTenant }

type Props = { readonly tenant: TenantDetail; readonly role: Role; readonly commands: TenantCommands }

/** What the role may do with this tenant in its state. */
export function TenantActions({ tenant, role, commands }: Props) {
  const client = useQueryClient()
  const router = useRouter()
  const [open, setOpen] = useState<StateChange | 'edit' | 'discard' | null>(null)
  const observe = useToastedCommand(commands.observe, {
    onDone: () => toast.success(`${tenant.slug} will be looked at.`, { description: 'This page follows as soon as it was read.' }),
  })
  const done = (sentence: string): void => {
    setOpen(null)
    toast.success(sentence)
    void client.invalidateQueries({ queryKey: tenantKeys.all })
  }
  const selection = { kind: 'tenants' as const, slugs: [tenant.slug] }
  const behind = tenant.placements.filter(({ pending }) => pending.length > 0)
  const change = tenant.state === 'active' ? ('suspend' as const) : tenant.state === 'suspended' ? ('activate' as const) : null

  return (
    <>
      {may(role, 'targets.observe') && tenant.placements.length > 0 && tenant.state !== 'provisioning' ? (
        <Button busy={observe.busy} onClick={() => observe.send({ slugs: [tenant.slug], structure: true })}>
          <Eye aria-hidden />
          Observe
        </Button>
      ) : null}
      {may(role, 'tenants.change') ? (
        <>
          <Button onClick={() => setOpen('edit')}>
            <Pencil aria-hidden />
            Edit…
          </Button>
          {change === null ? null : (
            <Button onClick={() => setOpen(change)}>
              {change === 'suspend' ? <Pause aria-hidden /> : <Play aria-hidden />}
              {change === 'suspend' ? 'Suspend…' : 'Activate…'}
            </Button>
          )}
        </>
      ) : null}
      {may(role, 'tenants.onboard') && tenant.state === 'provisioning' ? (
        <Button variant="danger" onClick={() => setOpen('discard')}>
          <Trash2 aria-hidden />
          Discard…
        </Button>
      ) : null}
      {may(role, 'runs.start') && tenant.state === 'active'
        ? behind.map(({ set }) => (
            <Button key={set} asChild variant="primary">
              <Link href={rolloutHref(set, selection)}>
                <Rocket aria-hidden />
                Roll out{behind.length > 1 ? ` ${set}` : ''}…
              </Link>
            </Button>
          ))
        : null}
      {open === 'edit' ? (
        <EditDialog tenant={tenant} update={commands.update} onClose={() => setOpen(null)} onDone={() => done(`${tenant.slug} saved.`)} />
      ) : null}
      {open === 'discard' ? (
        <DiscardDialog
          slug={tenant.slug}
          discard={commands.discard}
          onClose={() => setOpen(null)}
          onDone={() => {
            done(`${tenant.slug} is discarded; its slug is free.`)
            router.push('/tenants')
          }}
        />
      ) : null}
      {open === 'suspend' || open === 'activate' ? (
        <ChangeDialog
          change={open}
          selection={selection}
          count={1}
          perform={commands[open]}
          onClose={() => setOpen(null)}
          onDone={(changed) => done(changedSentence(open, changed))}
        />
      ) : null}
    </>
  )
}
