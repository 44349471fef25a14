'use client'

import { Moon, Sun } from 'lucide-react'
import { Button } from '@/components/ui/button'
import { isDarkNow, useTheme } from './use-theme'

/** Switches to the other of light and dark; back to the system's choice goes by the person's menu. */
export function ThemeToggle() {
  const { choose } = useTheme()
  return (
    <Button variant="ghost" size="icon" aria-label="Switch between light and dark" onClick={() => choose(isDarkNow() ? 'light' : 'dark')}>
      <Sun aria-hidden className="theme-sun" />
      <Moon aria-hidden className="theme-moon" />
    </Button>
  )
}
