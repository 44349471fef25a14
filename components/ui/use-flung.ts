import { useState } from 'react'

/**
 * Whether a list moves by more than a screen from one drawing to the next. Nobody can read it then, and its rows may be sketched; they are drawn as soon as it
 * slows down or rests.
 */
export const useFlung = (isScrolling: boolean, first: number, screen: number): boolean => {
  const [seen, setSeen] = useState({ first, flung: false })
  const flung = isScrolling && (seen.first === first ? seen.flung : Math.abs(first - seen.first) > screen)
  if (seen.first !== first) setSeen({ first, flung })
  return flung
}
