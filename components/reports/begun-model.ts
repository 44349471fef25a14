/** What somebody writes on top of an edit of a saved report, and what becomes of it when another edit is there. */
import { z } from 'zod'
import type { SavedReport } from '@/lib/tenancy/contract'
import { draftSchema, parseKept, type Draft } from './draft-model'
import { draftOf, isChanged } from './saved-model'

export type Begun = {
  readonly draft: Draft
  /** What was there when it was begun: told apart from the draft, it says whether anything was written at all. */
  readonly onto: { readonly revision: number; readonly text: Draft }
}

const begunSchema = z.object({ draft: draftSchema, onto: z.object({ revision: z.number().int(), text: draftSchema }) })

export const parseBegun = (text: string | null): Begun | null => parseKept(begunSchema, text)

export const begin = (saved: SavedReport): Begun => ({ draft: draftOf(saved), onto: { revision: saved.revision, text: draftOf(saved) } })

/** A draft in which nothing was written follows what is saved; any other stays as it is, whoever has saved meanwhile. */
export const settle = (begun: Begun, saved: SavedReport): Begun => {
  const { draft, onto } = begun
  const newest = begin(saved)
  const isSame = saved.revision === onto.revision
  if (isSame && !isChanged(newest.draft, onto.text)) return begun
  if (!isChanged(onto.text, draft) || !isChanged(newest.draft, draft)) return { ...newest, draft: { ...newest.draft, trial: draft.trial } }
  return isSame ? { draft, onto: newest.onto } : begun
}

/** Whether saving it would go over an edit that its writer has not seen. */
export const isOvertaken = ({ onto }: Begun, { revision }: Pick<SavedReport, 'revision'>): boolean => onto.revision !== revision
