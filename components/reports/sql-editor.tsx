'use client'

import { useEffect, useEffectEvent, useId, useRef, useState, type RefObject } from 'react'
import { Skeleton } from '@/components/ui/skeleton'
import type { ReportProblem } from '@/lib/tenancy/contract'
import type { EditorHandle } from './mount-editor'

/** Columns by table, for completion. */
export type TableColumns = Readonly<Record<string, readonly string[]>>

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

const writable = (tables: TableColumns): Record<string, string[]> => Object.fromEntries(Object.entries(tables).map(([name, columns]) => [name, [...columns]]))

/** An editor for SQL, loaded when a page that has one is there. What is underlined is said below it as well, by whoever draws it. */
export function SqlEditor({ text, label, hint, isReadOnly = false, problems, tables, handleRef, onChange, onRun, onFormat }: Props) {
  const frame = useRef<HTMLDivElement>(null)
  const [handle, setHandle] = useState<EditorHandle | null>(null)
  const describedBy = useId()
  const change = useEffectEvent(onChange)
  const run = useEffectEvent(onRun)
  const format = useEffectEvent(onFormat)
  const first = useEffectEvent(() => ({ text, label, hint, isReadOnly, tables: writable(tables) }))

  useEffect(() => {
    let mounted: EditorHandle | null = null
    let isGone = false
    const mount = async (): Promise<void> => {
      const { mountEditor } = await import('./mount-editor')
      if (isGone || !frame.current) return
      const events = { onChange: (next: string) => change(next), onRun: () => run(), onFormat: () => format() }
      mounted = mountEditor({ parent: frame.current, describedBy, ...first(), ...events })
      if (handleRef) handleRef.current = mounted
      setHandle(mounted)
    }
    void mount()
    return () => {
      isGone = true
      mounted?.destroy()
      if (handleRef) handleRef.current = null
    }
  }, [describedBy, handleRef])

  useEffect(() => handle?.setText(text), [handle, text])
  useEffect(() => handle?.setTables(writable(tables)), [handle, tables])
  useEffect(() => handle?.setProblems(problems), [handle, problems])

  return (
    <div className="relative h-full min-h-0">
      <p id={describedBy} className="sr-only">
        Control Enter runs it. Shift Alt F formats it. Tab leaves the editor.
      </p>
      {handle === null ? (
        <div role="status" aria-label="Loading the editor" className="absolute inset-0 flex flex-col gap-2.5 p-4">
          <Skeleton className="h-3.5 w-72 max-w-full" />
          <Skeleton className="h-3.5 w-96 max-w-full" />
          <Skeleton className="h-3.5 w-56 max-w-full" />
        </div>
      ) : null}
      <div ref={frame} className="h-full" />
    </div>
  )
}
