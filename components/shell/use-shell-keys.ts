import { useRouter } from 'next/navigation'
import { useEffect, useEffectEvent } from 'react'
import type { Place } from './places'

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))

const chordMs = 1200

type Options = { readonly places: readonly Place[]; readonly onPalette: () => void; readonly onHelp: () => void }

/** ⌘K, `?`, `/` and the `g …` chords. Nothing while somebody types or a dialog is open, except ⌘K. */
export const useShellKeys = ({ places, onPalette, onHelp }: Options): void => {
  const router = useRouter()
  const go = useEffectEvent((letter: string): boolean => {
    const place = places.find((one) => one.letter === letter)
    if (place) router.push(place.href)
    return place !== undefined
  })
  const palette = useEffectEvent(onPalette)
  const help = useEffectEvent(onHelp)

  useEffect(() => {
    let chordUntil = 0
    const onKeyDown = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        palette()
        return
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || document.querySelector('[role="dialog"][data-state="open"]')) return
      if (performance.now() < chordUntil) {
        chordUntil = 0
        if (go(event.key)) event.preventDefault()
        return
      }
      if (event.key === 'g') chordUntil = performance.now() + chordMs
      else if (event.key === '?') help()
      else if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('[data-page-search]')
        if (!search) return
        event.preventDefault()
        search.focus()
        search.select()
      }
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [])
}
