'use client'

import { useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { cn } from './class-names'
import { CopyButton } from './copy-button'
import type { SqlMark } from './sql-editor'

export type { SqlMark } from './sql-editor'

type Props = {
  readonly sql: string
  /** What the SQL is, for those who don't see it: "0012_add_index.sql". */
  readonly label: string
  /** Lines to point at, counted as in the file. The first one is scrolled to. */
  readonly marks?: readonly SqlMark[]
  /** The number of the first line, when `sql` is a part of a file. */
  readonly firstLine?: number
  /** Tailwind class of the greatest height. */
  readonly maxHeight?: string
  readonly className?: string
}

const noMarks: readonly SqlMark[] = []

/** Read-only SQL in PostgreSQL's colours. Plain text of the same size stands there until the editor has come. */
export function SqlView({ sql, label, marks = noMarks, firstLine = 1, maxHeight = 'max-h-96', className }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const [mounted, setMounted] = useState(false)

  useEffect(() => {
    let gone = false
    let unmount: (() => void) | undefined
    void import('./sql-editor').then(({ mountSql }) => {
      if (gone || !host.current) return
      unmount = mountSql({ parent: host.current, text: sql.trimEnd(), label, marks, firstLine })
      // In the same frame, or both would stand there for a moment and push down what follows.
      flushSync(() => setMounted(true))
    })
    return () => {
      gone = true
      unmount?.()
      setMounted(false)
    }
  }, [sql, label, marks, firstLine])

  return (
    <div className={cn('relative overflow-hidden rounded-md border border-line bg-sunken', className)}>
      <div className={cn('overflow-y-auto', maxHeight)} tabIndex={-1}>
        <div ref={host} />
        {mounted ? null : <pre className="px-4 py-2.5 pl-10 font-mono text-[12.5px] leading-5 break-words whitespace-pre-wrap">{sql.trimEnd()}</pre>}
      </div>
      <div className="absolute top-1 right-1 rounded-md bg-sunken">
        <CopyButton text={sql} label="Copy the SQL" />
      </div>
    </div>
  )
}
