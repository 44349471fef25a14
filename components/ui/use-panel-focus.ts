import { useRef } from 'react'

/**
 * Focus of a panel beside a list: it goes to the panel itself, where the list's keys work on, and back to what opened it.
 * Spread onto SheetContent.
 */
export const usePanelFocus = (): { readonly onOpenAutoFocus: (event: Event) => void; readonly onCloseAutoFocus: (event: Event) => void } => {
  const opener = useRef<Element | null>(null)
  return {
    onOpenAutoFocus: (event) => {
      opener.current = document.activeElement
      event.preventDefault()
      if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus()
    },
    onCloseAutoFocus: (event) => {
      if (!(opener.current instanceof HTMLElement) || !opener.current.isConnected) return
      event.preventDefault()
      opener.current.focus()
    },
  }
}
