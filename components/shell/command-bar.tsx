'use client'

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Command } from 'cmdk'
import { Building2, FileChartColumn, FileUp, Keyboard, ListChecks, LogOut, Plus, Search, SunMoon, type LucideIcon } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { Dialog as Radix } from 'radix-ui'
import { useDeferredValue, useState } from 'react'
import { runStateLooks } from '@/components/runs/run-status'
import { overlayClasses } from '@/components/ui/dialog'
import { Kbd } from '@/components/ui/kbd'
import { activeRunsQuery } from '@/lib/client/fleet'
import { tenantSearchQuery } from '@/lib/client/tenants'
import { may, type Role } from '@/lib/tenancy/contract'
import { barEntries, type BarAction, type BarEntry } from './command-bar-model'
import { placesFor } from './places'
import { isDarkNow, useTheme } from './use-theme'

type Props = { readonly role: Role; readonly onClose: () => void; readonly onHelp: () => void; readonly onSignOut: () => void }

const headings: ReadonlyArray<readonly [BarEntry['kind'], string]> = [
  ['tenant', 'Tenants'],
  ['run', 'Runs'],
  ['page', 'Pages'],
  ['action', 'Actions'],
]

const actionIcons: Readonly<Record<BarAction, LucideIcon>> = {
  onboard: Plus,
  csv: FileUp,
  report: FileChartColumn,
  theme: SunMoon,
  keyboard: Keyboard,
  'sign-out': LogOut,
}

/** ⌘K: one field that leads to any tenant, run, page and action. */
export function CommandBar({ role, onClose, onHelp, onSignOut }: Props) {
  const router = useRouter()
  const { choose } = useTheme()
  const [text, setText] = useState('')
  const typed = useDeferredValue(text.trim())
  const { data: found = [] } = useQuery({ ...tenantSearchQuery(typed), placeholderData: keepPreviousData, enabled: typed !== '' })
  const { data: openRuns = [] } = useQuery(activeRunsQuery)
  const entries = barEntries({
    typed,
    tenants: typed === '' ? [] : found,
    openRuns,
    places: placesFor(role),
    mayOnboard: may(role, 'tenants.onboard'),
    mayReport: may(role, 'reports.run'),
  })

  // Whatever comes to stand first is what Enter takes, until somebody moves.
  const offered = entries.map(({ key }) => key).join('\n')
  const [marked, setMarked] = useState({ offered, key: entries[0]?.key ?? '' })
  if (marked.offered !== offered) setMarked({ offered, key: entries[0]?.key ?? '' })

  const perform: Readonly<Record<BarAction, () => void>> = {
    onboard: () => router.push('/tenants/new'),
    csv: () => router.push('/tenants/new?by=csv'),
    report: () => router.push('/reports/new'),
    theme: () => choose(isDarkNow() ? 'light' : 'dark'),
    keyboard: onHelp,
    'sign-out': onSignOut,
  }
  const take = (entry: BarEntry): void => {
    onClose()
    if (entry.kind === 'action') perform[entry.action]()
    else router.push(entry.href)
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
          <Command
            loop
            shouldFilter={false}
            label="Jump to a tenant, run, page or action"
            value={marked.key}
            onValueChange={(key) => setMarked({ offered, key })}
          >
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
              {headings.map(([kind, heading]) => (
                <EntryGroup key={kind} heading={heading} entries={entries.filter((entry) => entry.kind === kind)} onTake={take} />
              ))}
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

function EntryGroup({
  heading,
  entries,
  onTake,
}: {
  readonly heading: string
  readonly entries: readonly BarEntry[]
  readonly onTake: (entry: BarEntry) => void
}) {
  if (entries.length === 0) return null
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-faint"
    >
      {entries.map((entry) => (
        <Command.Item
          key={entry.key}
          value={entry.key}
          onSelect={() => onTake(entry)}
          className="flex h-9 items-center gap-2.5 rounded-md px-2 text-sm data-[selected=true]:bg-hover"
        >
          <EntryIcon entry={entry} />
          <span className="min-w-0 flex-1 truncate">{entry.label}</span>
          <EntryHint entry={entry} />
        </Command.Item>
      ))}
    </Command.Group>
  )
}

function EntryIcon({ entry }: { readonly entry: BarEntry }) {
  const Icon = entry.kind === 'tenant' ? Building2 : entry.kind === 'run' ? ListChecks : entry.kind === 'page' ? entry.place.icon : actionIcons[entry.action]
  return <Icon aria-hidden className="size-3.5 shrink-0 text-faint" />
}

function EntryHint({ entry }: { readonly entry: BarEntry }) {
  if (entry.kind === 'tenant') return <span className="mono text-muted">{entry.slug}</span>
  if (entry.kind === 'run') return entry.state === null ? null : <span className="text-xs text-muted">{runStateLooks[entry.state].label}</span>
  if (entry.kind === 'action') return null
  return (
    <span className="flex gap-1">
      <Kbd>g</Kbd>
      <Kbd>{entry.place.letter}</Kbd>
    </span>
  )
}
