import { useMemo, useState } from 'react'
import { z } from 'zod'
import type { Combining } from './combine-panel'
import { parseKept } from './draft-model'
import { keep, keptOf, useInBrowser } from './use-draft'

const schema = z.object({ text: z.string() })
const keyOf = (run: number): string => `combine.${run}`

/** Each asking leaves a line in the audit: coming back to a page is none. */
const readBefore = (kept: string | null): Combining | null => {
  const before = parseKept(schema, kept)
  return before && { text: before.text, asked: null }
}

/** What somebody combines the rows of a run with, over a reload and on the way back to the page; null: nothing of their own. */
export const useKeptCombining = (run: number): readonly [Combining | null, (combining: Combining) => void] => {
  const inBrowser = useInBrowser()
  const before = useMemo(() => readBefore(inBrowser ? keptOf(keyOf(run)) : null), [inBrowser, run])
  const [own, setOwn] = useState<Combining | null>(null)
  const change = (combining: Combining): void => {
    setOwn(combining)
    keep(keyOf(run), { text: combining.text })
  }
  return [own ?? before, change]
}
