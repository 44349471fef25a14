/** Pixels of one row of every table. */
export const rowHeight = 36

/** Where a key leads from row `active` of `count`; null for keys that do not move. */
export const keyMove = (key: string, active: number, count: number, page: number): number | null => {
  const clamp = (index: number): number => Math.min(Math.max(0, index), Math.max(0, count - 1))
  switch (key) {
    case 'j':
    case 'ArrowDown':
      return clamp(active + 1)
    case 'k':
    case 'ArrowUp':
      return clamp(active - 1)
    case 'PageDown':
      return clamp(active + Math.max(1, page))
    case 'PageUp':
      return clamp(active - Math.max(1, page))
    case 'Home':
      return 0
    case 'End':
      return clamp(count - 1)
    default:
      return null
  }
}
