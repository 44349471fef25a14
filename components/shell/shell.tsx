'use client'

import { useQuery } from '@tanstack/react-query'
import { Menu as MenuIcon, Search } from 'lucide-react'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { Kbd } from '@/components/ui/kbd'
import { Sheet, SheetContent, SheetTrigger } from '@/components/ui/sheet'
import { activeRunsQuery } from '@/lib/client/fleet'
import { FleetStreamProvider } from '@/lib/client/fleet-stream'
import type { CommandResult, Role } from '@/lib/tenancy/contract'
import { Breadcrumbs } from './breadcrumbs'
import { LiveMark } from './live-mark'
import { PersonMenu } from './person-menu'
import { placesFor } from './places'
import { Mark, PlaceList } from './sidebar'
import { SignedOutNote } from './signed-out-note'
import { ThemeToggle } from './theme-toggle'
import { useShellKeys } from './use-shell-keys'

const CommandBar = dynamic(() => import('./command-bar').then((module) => module.CommandBar), { ssr: false })
const KeyboardHelp = dynamic(() => import('./keyboard-help').then((module) => module.KeyboardHelp), { ssr: false })

export type ShellPerson = { readonly email: string; readonly name: string; readonly role: Role }

type Props = {
  readonly person: ShellPerson
  readonly signOut: (input: Record<string, never>) => Promise<CommandResult<void>>
  readonly children: React.ReactNode
}

/** The frame around every page of somebody signed in: sidebar (a drawer on small screens), top bar, jump bar, keys, live connection. */
export function Shell({ person, signOut, children }: Props) {
  return (
    <FleetStreamProvider>
      <Frame person={person} signOut={signOut}>
        {children}
      </Frame>
    </FleetStreamProvider>
  )
}

function Frame({ person, signOut, children }: Props) {
  const [palette, setPalette] = useState(false)
  const [help, setHelp] = useState(false)
  const [drawer, setDrawer] = useState(false)
  const { data: openRuns = [] } = useQuery(activeRunsQuery)
  useShellKeys({ places: placesFor(person.role), onPalette: () => setPalette((open) => !open), onHelp: () => setHelp(true) })

  // A full load afterwards: nothing of the person stays in the memory of the page.
  const leave = (): void => void signOut({}).finally(() => window.location.assign('/sign-in'))
  const menu = <PersonMenu person={person} onHelp={() => setHelp(true)} onSignOut={leave} />

  return (
    <div className="flex h-dvh overflow-hidden">
      <a href="#content" className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:absolute focus:top-2 focus:left-2">
        Skip to content
      </a>
      <aside data-shell="chrome" aria-label="Tenantry" className="flex w-52 shrink-0 flex-col border-r border-line bg-canvas max-md:hidden">
        <Link href="/" className="flex h-12 shrink-0 items-center gap-2.5 px-4.5 text-base font-semibold tracking-tight">
          <Mark />
          Tenantry
        </Link>
        <nav aria-label="Pages" className="flex-1 overflow-y-auto px-2 py-1">
          <PlaceList role={person.role} openRuns={openRuns.length} />
        </nav>
        <div className="border-t border-line p-2">{menu}</div>
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <header data-shell="chrome" className="flex h-12 shrink-0 items-center gap-2 border-b border-line bg-canvas px-4 md:px-6">
          <Sheet open={drawer} onOpenChange={setDrawer}>
            <SheetTrigger asChild>
              <Button variant="ghost" size="icon" aria-label="Pages" className="-ml-2 md:hidden">
                <MenuIcon aria-hidden />
              </Button>
            </SheetTrigger>
            <SheetContent title="Tenantry" side="left">
              <div className="flex h-full flex-col">
                <nav aria-label="Pages" className="flex-1 p-2">
                  <PlaceList role={person.role} openRuns={openRuns.length} onChoose={() => setDrawer(false)} />
                </nav>
                <div className="border-t border-line p-2">{menu}</div>
              </div>
            </SheetContent>
          </Sheet>
          <div className="min-w-0 flex-1">
            <Breadcrumbs />
          </div>
          <LiveMark />
          <JumpButton onPress={() => setPalette(true)} />
          <ThemeToggle />
        </header>
        <main id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto bg-canvas focus:outline-none">
          {children}
        </main>
      </div>
      {palette ? <CommandBar role={person.role} onClose={() => setPalette(false)} onHelp={() => setHelp(true)} onSignOut={leave} /> : null}
      {help ? <KeyboardHelp open onOpenChange={setHelp} /> : null}
      <SignedOutNote />
    </div>
  )
}

function JumpButton({ onPress }: { readonly onPress: () => void }) {
  return (
    <>
      <button
        type="button"
        onClick={onPress}
        className="flex h-8 w-56 items-center gap-2 rounded-md border border-line bg-surface px-2.5 text-sm text-faint transition-colors hover:border-line-strong hover:text-muted max-sm:hidden"
      >
        <Search aria-hidden className="size-3.5" />
        <span className="flex-1 text-left">Jump to…</span>
        <Kbd>⌘K</Kbd>
      </button>
      <Button variant="ghost" size="icon" aria-label="Jump to a tenant, run, page or action" onClick={onPress} className="sm:hidden">
        <Search aria-hidden />
      </Button>
    </>
  )
}
