import { MergeView, unifiedMergeView } from '@codemirror/merge'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView, lineNumbers } from '@codemirror/view'
import { sqlMarks } from '@/components/ui/sql-marks'

const look = EditorView.theme({
  '&': { backgroundColor: 'transparent', color: 'var(--ink)', fontSize: '12.5px' },
  '&.cm-focused': { outline: '2px solid var(--accent-ink)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--font-geist-mono), ui-monospace, monospace', lineHeight: '20px', fontVariantLigatures: 'none' },
  '.cm-content': { padding: '10px 0' },
  '.cm-line': { padding: '0 12px 0 8px' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--faint)', border: 'none', paddingLeft: '8px' },
  '&.cm-merge-a .cm-changedLine, .cm-deletedChunk': { backgroundColor: 'var(--ahead-soft)' },
  '&.cm-merge-b .cm-changedLine, .cm-insertedLine': { backgroundColor: 'var(--drift-soft)' },
  '&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText': { background: 'linear-gradient(var(--ahead), var(--ahead)) bottom/100% 2px no-repeat' },
  '&.cm-merge-b .cm-changedText': { background: 'linear-gradient(var(--drift), var(--drift)) bottom/100% 2px no-repeat' },
  '&.cm-merge-a .cm-changedLineGutter, .cm-deletedLineGutter': { background: 'var(--ahead)' },
  '&.cm-merge-b .cm-changedLineGutter, .cm-insertedLineGutter': { background: 'var(--drift)' },
  '.cm-collapsedLines': { color: 'var(--muted)', background: 'var(--sunken)', fontFamily: 'var(--font-geist-sans), sans-serif' },
  // Its own marks are in few fonts.
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"…"' },
})

/** The same colours as wherever SQL is shown; the text never changes. */
const coloured = (text: string): Extension => EditorView.decorations.of(sqlMarks(text))

/** As an editor counts: one character a line's end. The last line has one too, else it would differ from the same line in the middle of the other. */
const plain = (text: string): string => `${text.replaceAll(/\r\n?/g, '\n').trimEnd()}\n`

const reading = (text: string, label: string): readonly Extension[] => [
  lineNumbers(),
  EditorState.readOnly.of(true),
  EditorView.editable.of(false),
  EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0', 'aria-readonly': 'true' }),
  EditorView.lineWrapping,
  EditorState.phrases.of({ '$ unchanged lines': '$ lines the same' }),
  coloured(text),
  look,
]

type Options = {
  readonly parent: HTMLElement
  readonly norm: string
  readonly shape: string
  readonly title: string
  /** Beside each other, or where there is no room for that one above the other. */
  readonly sideBySide: boolean
  /** Long stretches that are the same are left out. */
  readonly folded: boolean
}

/** Mounts the two texts for comparing; returns the way to take them away. */
export const mountDiff = ({ parent, norm, shape, title, sideBySide, folded }: Options): (() => void) => {
  const [expected, actual] = [plain(norm), plain(shape)]
  const collapse = folded ? { collapseUnchanged: { margin: 3, minSize: 6 } } : {}
  if (sideBySide) {
    const view = new MergeView({
      parent,
      a: { doc: expected, extensions: [...reading(expected, 'The norm as SQL')] },
      b: { doc: actual, extensions: [...reading(actual, `${title} as SQL`)] },
      ...collapse,
    })
    return () => view.destroy()
  }
  const view = new EditorView({
    parent,
    doc: actual,
    extensions: [
      ...reading(actual, `${title} as SQL, with what the norm has instead`),
      unifiedMergeView({ original: expected, mergeControls: false, ...collapse }),
    ],
  })
  return () => view.destroy()
}
