'use client'

import { ChevronsUpDown, Keyboard, LogOut, UserRound } from 'lucide-react'
import Link from 'next/link'
import { Menu, MenuContent, MenuItem, MenuLabel, MenuRadioGroup, MenuRadioItem, MenuSeparator, MenuTrigger } from '@/components/ui/menu'
import { parseTheme } from './theme'
import type { ShellPerson } from './shell'
import { useTheme } from './use-theme'

type Props = { readonly person: ShellPerson; readonly onHelp: () => void; readonly onSignOut: () => void }

export function PersonMenu({ person, onHelp, onSignOut }: Props) {
  const { theme, choose } = useTheme()
  const name = person.name === '' ? person.email : person.name
  return (
    <Menu>
      <MenuTrigger
        className="flex h-11 w-full items-center gap-2.5 rounded-md px-2.5 text-left hover:bg-hover data-[state=open]:bg-hover"
        aria-label={`${name}, ${person.role}: account and settings`}
      >
        <span
          aria-hidden
          className="flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-soft text-xs font-medium text-accent-ink uppercase"
        >
          {name.slice(0, 1)}
        </span>
        <span className="min-w-0 flex-1 leading-tight">
          <span className="block truncate text-sm">{name}</span>
          <span className="block text-xs text-faint">{person.role}</span>
        </span>
        <ChevronsUpDown aria-hidden className="size-3.5 text-faint" />
      </MenuTrigger>
      <MenuContent side="top" align="start" className="w-56">
        <MenuLabel className="truncate">{person.email}</MenuLabel>
        <MenuItem asChild>
          <Link href="/account">
            <UserRound aria-hidden />
            Account
          </Link>
        </MenuItem>
        <MenuItem onSelect={onHelp}>
          <Keyboard aria-hidden />
          Keyboard
        </MenuItem>
        <MenuSeparator />
        <MenuLabel>Theme</MenuLabel>
        <MenuRadioGroup value={theme} onValueChange={(value) => choose(parseTheme(value))}>
          <MenuRadioItem value="system">As the system</MenuRadioItem>
          <MenuRadioItem value="light">Light</MenuRadioItem>
          <MenuRadioItem value="dark">Dark</MenuRadioItem>
        </MenuRadioGroup>
        <MenuSeparator />
        <MenuItem onSelect={onSignOut}>
          <LogOut aria-hidden />
          Sign out
        </MenuItem>
      </MenuContent>
    </Menu>
  )
}
