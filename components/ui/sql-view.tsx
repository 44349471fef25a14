'use client'

import { useLayoutEffect, useMemo, useRef } from 'react'
import { cn } from './class-names'
import { CopyButton } from './copy-button'
import { linesOf, type SqlKind } from './sql-tokens'

export type SqlMark = { readonly line: number; readonly tone: 'bad' | 'behind'; readonly message?: string | undefined }

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

const colours: Readonly<Record<SqlKind, string>> = {
  keyword: 'text-(--sql-keyword)',
  type: 'text-(--sql-type)',
  string: 'text-(--sql-string)',
  number: 'text-(--sql-number)',
  comment: 'text-(--sql-comment)',
}

const marked: Readonly<Record<SqlMark['tone'], string>> = {
  bad: 'bg-bad-soft shadow-[inset_2px_0_var(--bad)]',
  behind: 'bg-behind-soft shadow-[inset_2px_0_var(--behind)]',
}

/** From so many lines on, those out of sight are left out of the layout. */
const long = 400

/** Read-only SQL with its line numbers, in colours that the server has given it already: an editor for reading would be a hundred kilobytes of script. */
export function SqlView({ sql, label, marks = noMarks, firstLine = 1, maxHeight = 'max-h-96', className }: Props) {
  const frame = useRef<HTMLDivElement>(null)
  const text = sql.trimEnd()
  const lines = useMemo(() => linesOf(text), [text])
  const first = marks[0]?.line

  useLayoutEffect(() => {
    const line = frame.current?.querySelector<HTMLElement>(`[data-line="${first}"]`)
    // Not scrollIntoView, which scrolls everything around it up to the page.
    if (frame.current && line) frame.current.scrollTop = line.offsetTop - frame.current.clientHeight / 2
  }, [first, text])

  return (
    <div className={cn('relative overflow-hidden rounded-md border border-line bg-sunken', className)}>
      <div ref={frame} role="group" aria-label={label} tabIndex={0} className={cn('relative overflow-y-auto focus-visible:-outline-offset-2', maxHeight)}>
        <pre className="py-2.5 font-mono text-[12.5px] leading-5 break-words whitespace-pre-wrap [font-variant-ligatures:none]">
          {lines.map((pieces, index) => {
            const number = firstLine + index
            const mark = marks.find(({ line }) => line === number)
            return (
              <span
                key={number}
                data-line={number}
                title={mark?.message}
                className={cn(
                  'relative block min-h-5 pr-10 pl-13 before:absolute before:left-0 before:w-9 before:text-right before:text-faint before:content-[attr(data-line)]',
                  lines.length > long && '[contain-intrinsic-size:auto_20px] [content-visibility:auto]',
                  mark && marked[mark.tone],
                )}
              >
                {pieces.map(({ text: piece, kind }, at) =>
                  kind === null ? (
                    piece
                  ) : (
                    <span key={at} className={colours[kind]}>
                      {piece}
                    </span>
                  ),
                )}
                {index === lines.length - 1 ? null : '\n'}
              </span>
            )
          })}
        </pre>
      </div>
      <div className="absolute top-0 right-0 rounded-bl-md bg-sunken p-1">
        <CopyButton text={sql} label="Copy the SQL" />
      </div>
    </div>
  )
}
