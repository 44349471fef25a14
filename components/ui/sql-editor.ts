import { PostgreSQL, sql } from '@codemirror/lang-sql'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorState, RangeSetBuilder, type Extension } from '@codemirror/state'
import { Decoration, EditorView, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'

export type SqlMark = { readonly line: number; readonly tone: 'bad' | 'behind'; readonly message?: string | undefined }

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--sql-keyword)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--sql-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--sql-number)' },
  { tag: [tags.typeName, tags.standard(tags.name)], color: 'var(--sql-type)' },
  { tag: [tags.lineComment, tags.blockComment], color: 'var(--sql-comment)' },
])

const look = EditorView.theme({
  '&': { backgroundColor: 'transparent', color: 'var(--ink)', fontSize: '12.5px' },
  '&.cm-focused': { outline: '2px solid var(--accent-ink)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--font-geist-mono), ui-monospace, monospace', lineHeight: '20px', fontVariantLigatures: 'none' },
  '.cm-content': { padding: '10px 0' },
  '.cm-line': { padding: '0 16px 0 8px' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--faint)', border: 'none', paddingLeft: '8px' },
  '.cm-sql-bad': { backgroundColor: 'var(--bad-soft)', boxShadow: 'inset 2px 0 var(--bad)' },
  '.cm-sql-behind': { backgroundColor: 'var(--behind-soft)', boxShadow: 'inset 2px 0 var(--behind)' },
})

const markLines = (marks: readonly SqlMark[]): Extension =>
  EditorView.decorations.of((view) => {
    const builder = new RangeSetBuilder<Decoration>()
    const { doc } = view.state
    for (const mark of [...marks].toSorted((one, other) => one.line - other.line)) {
      if (mark.line < 1 || mark.line > doc.lines) continue
      const { from } = doc.line(mark.line)
      builder.add(from, from, Decoration.line({ class: `cm-sql-${mark.tone}`, attributes: mark.message ? { title: mark.message } : {} }))
    }
    return builder.finish()
  })

type Options = { readonly parent: HTMLElement; readonly text: string; readonly label: string; readonly marks: readonly SqlMark[]; readonly firstLine: number }

/** Mounts a read-only view of SQL, coloured as PostgreSQL; returns the way to take it away. */
export const mountSql = ({ parent, text, label, marks, firstLine }: Options): (() => void) => {
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers({ formatNumber: (line) => String(line + firstLine - 1) }),
        EditorState.readOnly.of(true),
        EditorView.editable.of(false),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0', 'aria-readonly': 'true' }),
        EditorView.lineWrapping,
        sql({ dialect: PostgreSQL }),
        syntaxHighlighting(colours),
        look,
        markLines(marks.map((mark) => ({ ...mark, line: mark.line - firstLine + 1 }))),
      ],
    }),
  })
  const marked = marks[0]
  if (marked) {
    const line = Math.min(Math.max(1, marked.line - firstLine + 1), view.state.doc.lines)
    const { from } = view.state.doc.line(line)
    // Not CodeMirror's own scrollIntoView, which scrolls everything around it up to the page.
    view.requestMeasure({
      read: () => view.lineBlockAt(from).top,
      write: (top) => {
        const frame = parent.parentElement
        if (frame) frame.scrollTop = top - frame.clientHeight / 2
      },
    })
  }
  return () => view.destroy()
}
