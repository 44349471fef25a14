import { useEffect, useEffectEvent } from 'react'
import { keyMove } from './data-table-model'

type Options = {
  readonly active: number
  readonly total: number
  /** Rows that fit the frame. */
  readonly pageRows: () => number
  readonly moveTo: (index: number) => void
  readonly onSelect: (range: boolean) => void
  readonly onOpen: () => void
  readonly onClear: () => void
}

const isChord = (event: { readonly metaKey: boolean; readonly ctrlKey: boolean; readonly altKey: boolean }): boolean =>
  event.metaKey || event.ctrlKey || event.altKey

/** The keys of a table: for the element around it, and, with nothing in focus, the letters that lead into it. */
export const useTableKeys = ({ active, total, pageRows, moveTo, onSelect, onOpen, onClear }: Options) => {
  const enter = useEffectEvent(() => moveTo(active))
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isChord(event) || document.activeElement !== document.body || (event.key !== 'j' && event.key !== 'k')) return
      event.preventDefault()
      enter()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])

  return (event: React.KeyboardEvent): void => {
    const target = event.target as HTMLElement
    if (isChord(event) || target.closest('input, textarea, select, [role="menu"]')) return
    const move = keyMove(event.key, active, total, pageRows())
    const isOnRow = target.getAttribute('role') === 'row'
    if (move !== null) moveTo(move)
    else if (event.key.toLowerCase() === 'x') onSelect(event.shiftKey)
    else if (event.key === 'Enter' && isOnRow) onOpen()
    else if (event.key === 'Escape') return onClear()
    else return
    event.preventDefault()
  }
}
