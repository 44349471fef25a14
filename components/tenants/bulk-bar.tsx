'use client'

import { Eye, FileChartColumn, Pause, Play, Rocket, X } from 'lucide-react'
import Link from 'next/link'
import { rolloutHref } from '@/components/migrations/plan-model'
import { reportHref } from '@/components/reports/choice-model'
import { Button } from '@/components/ui/button'
import { Menu, MenuContent, MenuItem, MenuLabel, MenuTrigger } from '@/components/ui/menu'
import { plural } from '@/lib/format'
import type { Selection } from '@/lib/tenancy/contract'

export type BulkDeed = 'suspend' | 'activate' | 'observe'

type Props = {
  readonly sentence: string
  /** Rows that the filter finds, when not all of them are selected yet. */
  readonly offerAll: number | null
  readonly selection: Selection
  readonly sets: readonly string[]
  readonly may: { readonly migrate: boolean; readonly report: boolean; readonly change: boolean; readonly observe: boolean }
  readonly busy: boolean
  readonly onAll: () => void
  readonly onClear: () => void
  readonly onDeed: (deed: BulkDeed) => void
}

/** What can be done with what is selected. Stands over the foot of the table, so that nothing jumps when it comes. */
export function BulkBar({ sentence, offerAll, selection, sets, may, busy, onAll, onClear, onDeed }: Props) {
  const onlySet = sets.length === 1 ? sets[0] : undefined
  return (
    <div
      role="toolbar"
      aria-label="With what is selected"
      className="absolute inset-x-2 bottom-6 z-20 mx-auto flex w-fit max-w-full flex-wrap items-center gap-2 rounded-lg border border-line bg-raised px-3 py-2 shadow-overlay animate-appear"
    >
      <span role="status" className="px-1 text-sm font-medium whitespace-nowrap">
        {sentence}
      </span>
      {offerAll === null ? null : (
        <Button variant="ghost" size="sm" onClick={onAll} className="text-accent-ink">
          Select all {plural(offerAll, 'matching row')}
        </Button>
      )}
      <span aria-hidden className="h-5 w-px bg-line max-sm:hidden" />
      {may.migrate && sets.length > 0 ? <RollOut sets={sets} selection={selection} /> : null}
      {may.report && onlySet !== undefined ? (
        <Button asChild size="sm">
          <Link href={reportHref(onlySet, selection)}>
            <FileChartColumn aria-hidden />
            Report…
          </Link>
        </Button>
      ) : null}
      {may.observe ? (
        <Button size="sm" busy={busy} onClick={() => onDeed('observe')}>
          <Eye aria-hidden />
          Observe
        </Button>
      ) : null}
      {may.change ? (
        <>
          <Button size="sm" onClick={() => onDeed('suspend')}>
            <Pause aria-hidden />
            Suspend…
          </Button>
          <Button size="sm" onClick={() => onDeed('activate')}>
            <Play aria-hidden />
            Activate…
          </Button>
        </>
      ) : null}
      <Button variant="ghost" size="icon-sm" aria-label="Clear the selection" onClick={onClear}>
        <X aria-hidden />
      </Button>
    </div>
  )
}

function RollOut({ sets, selection }: { readonly sets: readonly string[]; readonly selection: Selection }) {
  const [only] = sets
  if (sets.length === 1 && only !== undefined) {
    return (
      <Button asChild size="sm" variant="primary">
        <Link href={rolloutHref(only, selection)}>
          <Rocket aria-hidden />
          Roll out…
        </Link>
      </Button>
    )
  }
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button size="sm" variant="primary">
          <Rocket aria-hidden />
          Roll out…
        </Button>
      </MenuTrigger>
      <MenuContent align="start">
        <MenuLabel>Which set?</MenuLabel>
        {sets.map((set) => (
          <MenuItem key={set} asChild>
            <Link href={rolloutHref(set, selection)} className="mono">
              {set}
            </Link>
          </MenuItem>
        ))}
      </MenuContent>
    </Menu>
  )
}
