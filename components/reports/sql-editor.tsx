'use client'

import { useEffect, useEffectEvent, useId, useRef, useState, type RefObject } from 'react'
import { flushSync } from 'react-dom'
import type { ReportProblem } from '@/lib/tenancy/contract'
import type { TableColumns } from './completion-model'
import type { EditorHandle } from './mount-editor'
import { RestingEditor } from './resting-editor'

type Props = {
  readonly text: string
  readonly label: string
  readonly hint: string
  readonly isReadOnly?: boolean
  readonly problems: readonly ReportProblem[]
  readonly tables: TableColumns
  readonly handleRef?: RefObject<EditorHandle | null>
  readonly onChange: (text: string) => void
  readonly onRun: () => void
  readonly onFormat: () => void
}

/**
 * An editor for SQL, loaded when somebody comes to write, or when there is something to underline. What is underlined is said below it as well, by whoever
 * draws it.
 */
export function SqlEditor({ text, label, hint, isReadOnly = false, problems, tables, handleRef, onChange, onRun, onFormat }: Props) {
  const frame = useRef<HTMLDivElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const [isWanted, setWanted] = useState(false)
  const [handle, setHandle] = useState<EditorHandle | null>(null)
  const describedBy = useId()
  const change = useEffectEvent(onChange)
  const run = useEffectEvent(onRun)
  const format = useEffectEvent(onFormat)
  const first = useEffectEvent(() => ({ text, label, hint, isReadOnly, tables }))
  if (!isWanted && problems.length > 0) setWanted(true)

  useEffect(() => {
    if (!isWanted) return undefined
    let mounted: EditorHandle | null = null
    let isGone = false
    const mount = async (): Promise<void> => {
      const { mountEditor } = await import('./mount-editor')
      if (isGone || !frame.current) return
      const events = { onChange: (next: string) => change(next), onRun: () => run(), onFormat: () => format() }
      const from = field.current
      const selected = from !== null && document.activeElement === from ? ([from.selectionStart, from.selectionEnd] as const) : null
      const typed = from === null ? {} : { text: from.value }
      const made = mountEditor({ parent: frame.current, describedBy, selected, ...first(), ...typed, ...events })
      mounted = made
      if (handleRef) handleRef.current = made
      // In one breath, so that no key falls between the field that goes and the editor that comes.
      flushSync(() => setHandle(made))
      if (selected !== null) made.focus()
    }
    void mount()
    return () => {
      isGone = true
      mounted?.destroy()
      if (handleRef) handleRef.current = null
    }
  }, [isWanted, describedBy, handleRef])

  useEffect(() => handle?.setText(text), [handle, text])
  useEffect(() => handle?.setTables(tables), [handle, tables])
  useEffect(() => handle?.setProblems(problems), [handle, problems])

  return (
    <div className="relative h-full min-h-0 has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent-ink">
      <p id={describedBy} className="sr-only">
        Control Enter runs it. Shift Alt F formats it. Tab leaves the editor.
      </p>
      {handle === null ? (
        <RestingEditor
          text={text}
          label={label}
          hint={hint}
          isReadOnly={isReadOnly}
          describedBy={describedBy}
          fieldRef={field}
          onChange={onChange}
          onWanted={() => setWanted(true)}
        />
      ) : null}
      <div ref={frame} className={handle === null ? 'hidden' : 'h-full'} />
    </div>
  )
}
