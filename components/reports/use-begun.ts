import { useMemo, useState } from 'react'
import type { SavedReport, SavedReportContent } from '@/lib/tenancy/contract'
import { begin, isOvertaken, parseBegun, settle, type Begun } from './begun-model'
import type { Draft } from './draft-model'
import { isChanged } from './saved-model'
import { keptOf, useKept } from './use-draft'

export type Writing = {
  /** As far as is known: what was read, or saved from here since. */
  readonly saved: SavedReport
  readonly draft: Draft
  /** The edit that the draft was begun on. */
  readonly begunOn: number
  /** Somebody else has saved since; nothing goes over it unasked. */
  readonly isOvertaken: boolean
  readonly change: (part: Partial<Draft>) => void
  /** Back to what is saved. */
  readonly forget: () => void
  /** What was written while it was on its way stays to be saved. */
  readonly noteSaved: (content: SavedReportContent, revision: number) => void
}

/** For a component that only the browser draws: what is written on top of a saved report, over reloads and other people's edits. */
export const useBegun = (read: SavedReport): Writing => {
  const [own, setOwn] = useState<SavedReport | null>(null)
  const saved = own !== null && own.revision > read.revision ? own : read
  const of = `saved-${saved.id}`
  const [begun, setBegun] = useState<Begun>(() => parseBegun(keptOf(of)) ?? begin(saved))
  const settled = useMemo(() => settle(begun, saved), [begun, saved])
  useKept(of, settled)
  return {
    saved,
    draft: settled.draft,
    begunOn: settled.onto.revision,
    isOvertaken: isOvertaken(settled, saved),
    change: (part) =>
      setBegun((now) => {
        const then = settle(now, saved)
        return { ...then, draft: { ...then.draft, ...part } }
      }),
    forget: () => setBegun(begin(saved)),
    noteSaved: (content, revision) => {
      const next = begin({ ...saved, ...content, revision })
      setOwn({ ...saved, ...content, revision })
      setBegun((now) => (isChanged(settled.draft, now.draft) ? { ...next, draft: now.draft } : { ...next, draft: { ...next.draft, trial: now.draft.trial } }))
    },
  }
}
