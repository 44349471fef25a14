import {
  autocompletion,
  closeCompletion,
  ifNotIn,
  selectedCompletion,
  type CompletionContext,
  type CompletionResult,
  type CompletionSource,
} from '@codemirror/autocomplete'
import { keywordCompletionSource, PostgreSQL, schemaCompletionSource } from '@codemirror/lang-sql'
import { Prec, type EditorState, type Extension } from '@codemirror/state'
import { keymap, type EditorView } from '@codemirror/view'
import { columnsFor, isNewName, isTablePlace } from './completion-model'
import { quoted } from './quoted-name'
import type { TableColumns } from './completion-model'

const word = /[\w$]*$/
/** As much of it as says what comes next. */
const lookBehind = 300
const textBefore = (context: CompletionContext, to: number): string => context.state.sliceDoc(Math.max(0, to - lookBehind), to)

/** Silent where the author makes up a name, unless it is asked for: Enter would take what was offered for it. */
const unlessNaming =
  (source: CompletionSource): CompletionSource =>
  (context) => {
    const from = context.matchBefore(word)?.from ?? context.pos
    return !context.explicit && isNewName(textBefore(context, from)) ? null : source(context)
  }

const columnSource =
  (tables: TableColumns) =>
  (context: CompletionContext): CompletionResult | null => {
    const { from } = context.matchBefore(word) ?? { from: context.pos }
    const before = textBefore(context, from)
    if ((from === context.pos && !context.explicit) || before.endsWith('.') || before.endsWith('"') || isTablePlace(before)) return null
    const options = columnsFor(context.state.doc.toString(), tables).map(({ name, tables: detail }) => ({
      label: name,
      detail,
      type: 'property',
      apply: quoted(name),
      boost: 2,
    }))
    return { from, options, validFor: /^[\w$]*$/ }
  }

/** The word that is typed is what would be put in its place. */
const isTypedWhole = (state: EditorState): boolean => {
  const label = selectedCompletion(state)?.label.toLowerCase()
  const { head } = state.selection.main
  return label !== undefined && label === word.exec(state.sliceDoc(Math.max(0, head - lookBehind), head))?.[0]?.toLowerCase()
}

/** Enter behind a word that is there in full is a new line: to accept it would change nothing. */
const passWhole = (view: EditorView): boolean => {
  if (isTypedWhole(view.state)) closeCompletion(view)
  return false
}

const notInside = ['String', 'LineComment', 'BlockComment']

/** Tables, columns also before their table is named, and keywords. */
export const completion = (tables: TableColumns): Extension => {
  const schema = Object.fromEntries(Object.entries(tables).map(([name, columns]) => [name, [...columns]]))
  const keywords = ifNotIn(['.'], keywordCompletionSource(PostgreSQL))
  const sources = [columnSource(tables), schemaCompletionSource({ dialect: PostgreSQL, schema }), keywords]
  return [
    Prec.highest(keymap.of([{ key: 'Enter', run: passWhole }])),
    autocompletion({ icons: false, override: sources.map((source) => ifNotIn(notInside, unlessNaming(source))) }),
  ]
}
