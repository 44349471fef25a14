import { useRef } from 'react'
import { keyMove } from './data-table-model'

const pageOfRows = 10

/**
 * Up, down, a page, to the ends: from one row of a short list to another by the keys.
 * @param selector of what has the focus in each row
 * @param fromElsewhere whether the keys also count where something else inside of the list has the focus
 */
export const useRowKeys = (selector: string, fromElsewhere = false) => {
  const list = useRef<HTMLDivElement>(null)
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>(selector) ?? [])]
    const here = rows.findIndex((row) => row === document.activeElement)
    if (event.metaKey || event.ctrlKey || event.altKey || (here === -1 && !fromElsewhere)) return
    const next = keyMove(event.key, here, rows.length, pageOfRows)
    if (next === null) return
    event.preventDefault()
    rows[next]?.focus()
  }
  return { list, onKeyDown }
}
