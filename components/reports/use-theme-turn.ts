import { useEffect, useState } from 'react'

/** Counts up whenever the page's colours change, by choice or with the system: what is on a canvas does not change by itself. */
export const useThemeTurn = (): number => {
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const next = (): void => setTurn((now) => now + 1)
    const theme = new MutationObserver(next)
    theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    const system = window.matchMedia('(prefers-color-scheme: dark)')
    system.addEventListener('change', next)
    return () => {
      theme.disconnect()
      system.removeEventListener('change', next)
    }
  }, [])
  return turn
}
