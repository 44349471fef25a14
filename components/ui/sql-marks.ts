import type { Range } from '@codemirror/state'
import { Decoration, type DecorationSet } from '@codemirror/view'
import { piecesOf, type SqlKind } from './sql-tokens'

const colours: Readonly<Record<SqlKind, Decoration>> = {
  keyword: Decoration.mark({ attributes: { style: 'color: var(--sql-keyword)' } }),
  type: Decoration.mark({ attributes: { style: 'color: var(--sql-type)' } }),
  string: Decoration.mark({ attributes: { style: 'color: var(--sql-string)' } }),
  number: Decoration.mark({ attributes: { style: 'color: var(--sql-number)' } }),
  comment: Decoration.mark({ attributes: { style: 'color: var(--sql-comment)' } }),
}

/** The colours of SQL in an editor: the same as wherever it is shown. */
export const sqlMarks = (text: string): DecorationSet => {
  const ranges: Array<Range<Decoration>> = []
  let at = 0
  for (const { text: piece, kind } of piecesOf(text)) {
    if (kind !== null) ranges.push(colours[kind].range(at, at + piece.length))
    at += piece.length
  }
  return Decoration.set(ranges)
}
