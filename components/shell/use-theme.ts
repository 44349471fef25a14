import { useSyncExternalStore } from 'react'
import { parseTheme, themeCookie, type Theme } from './theme'

const yearSeconds = 365 * 24 * 3600
const listeners = new Set<() => void>()

const read = (): Theme => parseTheme(document.documentElement.dataset.theme)

/** Whether the page is dark at this moment, by choice or by the system. */
export const isDarkNow = (): boolean => {
  const theme = read()
  return theme === 'system' ? window.matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark'
}

const choose = (theme: Theme): void => {
  const root = document.documentElement
  if (theme === 'system') delete root.dataset.theme
  else root.dataset.theme = theme
  document.cookie = `${themeCookie}=${theme}; Path=/; Max-Age=${theme === 'system' ? 0 : yearSeconds}; SameSite=Lax`
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useTheme = (): { readonly theme: Theme; readonly choose: (theme: Theme) => void } => ({
  theme: useSyncExternalStore(subscribe, read, () => 'system' as const),
  choose,
})
