'use client'

import { Search } from 'lucide-react'
import { useEffect, useState } from 'react'
import { cn } from './class-names'
import { Input } from './input'
import { useLatest } from './use-latest'

type Props = {
  /** What is searched for now, as the address says it. */
  readonly text: string
  /** Told trimmed, once typing rests. */
  readonly onSearch: (text: string) => void
  /** What a screen reader calls it. */
  readonly label: string
  readonly placeholder: string
  readonly className?: string
  /** Characters that the server takes. */
  readonly longest?: number
}

const typingMs = 200

/** Typing is local: the address and the server follow when it rests, and what somebody else writes into the address (Back, "Clear") stands here at once. */
export function SearchField({ text, onSearch, label, placeholder, className, longest = 120 }: Props) {
  const [typed, setTyped] = useState(text)
  const [seen, setSeen] = useState(text)
  const [told, setTold] = useState(text)
  if (seen !== text) {
    setSeen(text)
    // Our own word comes back later than it was told; meanwhile more may have been typed.
    if (text !== told) {
      setTyped(text)
      setTold(text)
    }
  }
  const tell = useLatest(onSearch)
  useEffect(() => {
    const next = typed.trim()
    if (next === told) return undefined
    const timer = setTimeout(() => {
      setTold(next)
      tell(next)
    }, typingMs)
    return () => clearTimeout(timer)
  }, [typed, told, tell])

  return (
    <span className={cn('relative w-full', className)}>
      <Search aria-hidden className="pointer-events-none absolute top-1/2 left-2.5 size-3.5 -translate-y-1/2 text-faint" />
      <Input
        data-page-search=""
        type="search"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => (event.key === 'Escape' ? event.currentTarget.blur() : undefined)}
        placeholder={placeholder}
        aria-label={label}
        maxLength={longest}
        className="pl-8"
      />
    </span>
  )
}
