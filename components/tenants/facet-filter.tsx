'use client'

import { ChevronDown } from 'lucide-react'
import { useState } from 'react'
import { Checkbox } from '@/components/ui/checkbox'
import { cn } from '@/components/ui/class-names'
import { Input } from '@/components/ui/input'
import { Popover, PopoverContent, PopoverTrigger } from '@/components/ui/popover'
import { formatCount } from '@/lib/format'
import { choicesOf, chosenWords } from './facet-model'

type Props = {
  readonly label: string
  readonly choices: ReadonlyArray<{ readonly value: string; readonly count: number }>
  readonly chosen: readonly string[]
  readonly onChange: (values: string[]) => void
  /** How a value is called, when not by itself. */
  readonly nameOf?: (value: string) => React.ReactNode
  /** The same in plain words, to be found by and for the button; when absent, the value itself. */
  readonly wordOf?: (value: string) => string
}

const searchFrom = 9
const asItIs = (value: string): string => value

/** One filter: a button that says what it holds, and a list of values with how many rows each would bring. */
export function FacetFilter({ label, choices, chosen, onChange, nameOf, wordOf = asItIs }: Props) {
  const [text, setText] = useState('')
  const all = choicesOf(choices, chosen)
  const shown = all.filter(({ value }) => wordOf(value).toLowerCase().includes(text.trim().toLowerCase()))
  const active = chosen.length > 0
  const change = (value: string, on: boolean): void => onChange(on ? [...chosen, value] : chosen.filter((one) => one !== value))

  return (
    <Popover onOpenChange={(open) => (open ? setText('') : undefined)}>
      <PopoverTrigger
        className={cn(
          'inline-flex h-8 shrink-0 items-center gap-1.5 rounded-md border px-2.5 text-sm whitespace-nowrap transition-colors',
          active ? 'border-accent-ink/40 bg-accent-soft text-accent-ink' : 'border-line bg-surface text-muted hover:border-line-strong hover:text-ink',
        )}
      >
        {label}
        {active ? <span className="max-w-40 truncate font-medium">{chosenWords(chosen.map(wordOf))}</span> : null}
        <ChevronDown aria-hidden className="size-3.5 opacity-70" />
      </PopoverTrigger>
      <PopoverContent className="w-64" aria-label={`Filter by ${label.toLowerCase()}`}>
        {all.length >= searchFrom ? (
          <div className="border-b border-line p-2">
            <Input
              value={text}
              onChange={(event) => setText(event.target.value)}
              placeholder={`Find in ${all.length}`}
              aria-label={`Find a value of ${label.toLowerCase()}`}
            />
          </div>
        ) : null}
        <ul className="max-h-72 overflow-y-auto p-1">
          {shown.length === 0 ? <li className="px-2 py-3 text-sm text-muted">Nothing to choose from.</li> : null}
          {shown.map(({ value, count }) => (
            <li key={value}>
              <label className="flex h-8 cursor-pointer items-center gap-2.5 rounded-sm px-2 text-sm hover:bg-hover">
                <Checkbox checked={chosen.includes(value)} onCheckedChange={(on) => change(value, on)} />
                <span className="min-w-0 flex-1 truncate">{nameOf ? nameOf(value) : <span className="mono">{value}</span>}</span>
                <span className="text-xs text-faint">{formatCount(count)}</span>
              </label>
            </li>
          ))}
        </ul>
        {active ? (
          <div className="border-t border-line p-1">
            <button
              type="button"
              onClick={() => onChange([])}
              className="h-8 w-full rounded-sm px-2 text-left text-sm text-muted hover:bg-hover hover:text-ink"
            >
              Clear
            </button>
          </div>
        ) : null}
      </PopoverContent>
    </Popover>
  )
}
