import { completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { PostgreSQL, sql } from '@codemirror/lang-sql'
import { bracketMatching, indentOnInput } from '@codemirror/language'
import { lintKeymap, setDiagnostics, type Diagnostic } from '@codemirror/lint'
import { Compartment, EditorState } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from '@codemirror/view'
import type { ReportProblem } from '@/lib/tenancy/contract'
import { completion } from './completion'
import { coloured, editorLook } from './editor-look'
import { offsetOf, spanOf } from './report-text-model'
import type { TableColumns } from './completion-model'

export type EditorHandle = {
  readonly setText: (text: string) => void
  readonly setProblems: (problems: readonly ReportProblem[]) => void
  readonly setTables: (tables: TableColumns) => void
  /** Puts the cursor there and shows it. */
  readonly goTo: (line: number, column: number) => void
  readonly focus: () => void
  readonly destroy: () => void
}

type Options = {
  readonly parent: HTMLElement
  readonly text: string
  readonly label: string
  readonly hint: string
  readonly isReadOnly: boolean
  readonly describedBy: string | undefined
  /** What somebody has selected who is writing already, or where; null: nobody is. */
  readonly selected: readonly [from: number, to: number] | null
  readonly tables: TableColumns
  readonly onChange: (text: string) => void
  readonly onRun: () => void
  readonly onFormat: () => void
}

const diagnosticOf =
  (text: string) =>
  (problem: ReportProblem): Diagnostic => ({ ...spanOf(text, problem), severity: 'error', message: problem.message })

/** Tab is left to the page, so that the keyboard gets out again; Enter keeps the indent by itself. */
export const mountEditor = ({ parent, text, label, hint, isReadOnly, describedBy, selected, tables, onChange, onRun, onFormat }: Options): EditorHandle => {
  const structure = new Compartment()
  const deed = (work: () => void) => () => {
    work()
    return true
  }
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      ...(selected === null ? {} : { selection: { anchor: Math.min(selected[0], text.length), head: Math.min(selected[1], text.length) } }),
      extensions: [
        keymap.of([
          { key: 'Mod-Enter', run: deed(onRun) },
          { key: 'Shift-Alt-f', run: deed(onFormat) },
        ]),
        lineNumbers(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        indentOnInput(),
        bracketMatching(),
        sql({ dialect: PostgreSQL }),
        structure.of(completion(tables)),
        coloured,
        placeholder(hint),
        EditorState.readOnly.of(isReadOnly),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          'aria-label': label,
          'aria-multiline': 'true',
          spellcheck: 'false',
          autocapitalize: 'off',
          autocorrect: 'off',
          ...(describedBy === undefined ? {} : { 'aria-describedby': describedBy }),
        }),
        EditorView.updateListener.of((update) => (update.docChanged ? onChange(update.state.doc.toString()) : undefined)),
        keymap.of([...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
        editorLook,
      ],
    }),
  })
  return {
    setText: (next) => {
      if (next !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } })
    },
    setProblems: (problems) => view.dispatch(setDiagnostics(view.state, problems.map(diagnosticOf(view.state.doc.toString())))),
    setTables: (next) => view.dispatch({ effects: structure.reconfigure(completion(next)) }),
    goTo: (line, column) => {
      view.dispatch({ selection: { anchor: offsetOf(view.state.doc.toString(), line, column) }, scrollIntoView: true })
      view.focus()
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  }
}
