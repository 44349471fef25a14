'use client'

import { useQuery, keepPreviousData } from '@tanstack/react-query'
import { Command } from 'cmdk'
import { Building2, FileUp, Keyboard, ListChecks, LogOut, Plus, Search, SunMoon, type LucideIcon } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { Dialog as Radix } from 'radix-ui'
import { useDeferredValue, useState } from 'react'
import { overlayClasses } from '@/components/ui/dialog'
import { Kbd } from '@/components/ui/kbd'
import { activeRunsQuery } from '@/lib/client/fleet'
import { tenantSearchQuery } from '@/lib/client/tenants'
import { may, type Role } from '@/lib/tenancy/contract'
import { runNumberIn } from './command-bar-model'
import { placesFor } from './places'
import { useTheme } from './use-theme'

type Props = { readonly role: Role; readonly onClose: () => void; readonly onHelp: () => void; readonly onSignOut: () => void }

const groupClasses =
  '[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-faint'

type EntryProps = { readonly icon: LucideIcon; readonly value: string; readonly hint?: React.ReactNode; readonly onSelect: () => void; readonly children: React.ReactNode; readonly always?: boolean }

function Entry({ icon: Icon, value, hint, onSelect, children, always = false }: EntryProps) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      {...(always ? { forceMount: true } : {})}
      className="flex h-9 items-center gap-2.5 rounded-md px-2 text-sm data-[selected=true]:bg-hover"
    >
      <Icon aria-hidden className="size-3.5 shrink-0 text-faint" />
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {hint}
    </Command.Item>
  )
}

/** ⌘K: one field that leads to any tenant, run, page and action. */
export function CommandBar({ role, onClose, onHelp, onSignOut }: Props) {
  const router = useRouter()
  const { theme, choose } = useTheme()
  const [text, setText] = useState('')
  const q = useDeferredValue(text.trim())
  const { data: tenants = [] } = useQuery({ ...tenantSearchQuery(q), placeholderData: keepPreviousData, enabled: q !== '' })
  const { data: openRuns = [] } = useQuery(activeRunsQuery)
  const run = runNumberIn(q)

  const go = (href: string) => (): void => {
    onClose()
    router.push(href)
  }
  const act = (action: () => void) => (): void => {
    onClose()
    action()
  }

  return (
    <Radix.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Radix.Portal>
        <Radix.Overlay className={overlayClasses} />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-32px)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-raised shadow-overlay animate-appear focus:outline-none"
        >
          <Radix.Title className="sr-only">Jump to a tenant, run, page or action</Radix.Title>
          <Command loop label="Jump to a tenant, run, page or action">
            <div className="flex items-center gap-2.5 border-b border-line px-4">
              <Search aria-hidden className="size-4 text-faint" />
              <Command.Input
                value={text}
                onValueChange={setText}
                placeholder="Tenant, run number, page or action"
                className="h-11 w-full bg-transparent text-base outline-none focus-visible:outline-none"
              />
              <Kbd>Esc</Kbd>
            </div>
            <Command.List className="max-h-[min(52vh,420px)] overflow-y-auto p-1.5">
              <Command.Empty className="px-2 py-6 text-center text-sm text-muted">Nothing is called “{text.trim()}”.</Command.Empty>
              {q === '' || tenants.length === 0 ? null : (
                <Command.Group heading="Tenants" forceMount className={groupClasses}>
                  {tenants.map((tenant) => (
                    <Entry key={tenant.slug} always icon={Building2} value={`tenant ${tenant.slug} ${tenant.name}`} onSelect={go(`/tenants/${tenant.slug}`)} hint={<span className="mono text-faint">{tenant.slug}</span>}>
                      {tenant.name}
                    </Entry>
                  ))}
                </Command.Group>
              )}
              <Command.Group heading="Runs" className={groupClasses} forceMount={run !== null}>
                {run === null ? null : (
                  <Entry always icon={ListChecks} value={`run number ${run}`} onSelect={go(`/runs/${run}`)}>
                    Open run {run}
                  </Entry>
                )}
                {openRuns.map(({ id, state, set }) => (
                  <Entry key={id} icon={ListChecks} value={`run ${id} ${set} ${state}`} onSelect={go(`/runs/${id}`)} hint={<span className="text-xs text-faint">{state}</span>}>
                    Run {id} of {set}
                  </Entry>
                ))}
              </Command.Group>
              <Command.Group heading="Pages" className={groupClasses}>
                {placesFor(role).map(({ href, label, icon, letter }) => (
                  <Entry
                    key={href}
                    icon={icon}
                    value={`page ${label}`}
                    onSelect={go(href)}
                    hint={
                      <span className="flex gap-1">
                        <Kbd>g</Kbd>
                        <Kbd>{letter}</Kbd>
                      </span>
                    }
                  >
                    {label}
                  </Entry>
                ))}
              </Command.Group>
              <Command.Group heading="Actions" className={groupClasses}>
                {may(role, 'tenants.onboard') ? (
                  <>
                    <Entry icon={Plus} value="onboard a tenant add new" onSelect={go('/tenants/new')}>
                      Onboard a tenant
                    </Entry>
                    <Entry icon={FileUp} value="onboard many tenants from a csv file upload" onSelect={go('/tenants/new?by=csv')}>
                      Onboard tenants from a CSV file
                    </Entry>
                  </>
                ) : null}
                <Entry icon={SunMoon} value="theme light dark system switch" onSelect={act(() => choose(theme === 'system' ? 'dark' : theme === 'dark' ? 'light' : 'system'))}>
                  Switch theme to {theme === 'system' ? 'dark' : theme === 'dark' ? 'light' : 'the system’s'}
                </Entry>
                <Entry icon={Keyboard} value="keyboard shortcuts help" onSelect={act(onHelp)}>
                  Show the keyboard shortcuts
                </Entry>
                <Entry icon={LogOut} value="sign out" onSelect={act(onSignOut)}>
                  Sign out
                </Entry>
              </Command.Group>
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
