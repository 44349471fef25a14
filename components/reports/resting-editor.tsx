'use client'

import { useMemo, type RefObject } from 'react'
import { linesOf, type SqlKind } from '@/components/ui/sql-tokens'

type Props = {
  readonly text: string
  readonly label: string
  readonly hint: string
  readonly isReadOnly: boolean
  readonly describedBy: string
  readonly fieldRef: RefObject<HTMLTextAreaElement | null>
  readonly onChange: (text: string) => void
  /** Somebody comes to write. */
  readonly onWanted: () => void
}

const colours: Readonly<Record<SqlKind, string>> = {
  keyword: 'text-(--sql-keyword)',
  type: 'text-(--sql-type)',
  string: 'text-(--sql-string)',
  number: 'text-(--sql-number)',
  comment: 'text-(--sql-comment)',
}

const metrics =
  'col-start-1 row-start-1 m-0 min-h-full w-full resize-none border-0 p-0 font-mono text-[13px] leading-[21px] break-words whitespace-pre-wrap [font-variant-ligatures:none]'

/**
 * The text in its colours and a field over it, until somebody comes to write: an editor is more script than all the rest of the page. What is typed before it is
 * there is not lost.
 */
export function RestingEditor({ text, label, hint, isReadOnly, describedBy, fieldRef, onChange, onWanted }: Props) {
  const lines = useMemo(() => linesOf(text), [text])
  return (
    <div className="h-full overflow-y-auto" onPointerEnter={onWanted}>
      <div className={lines.length < 10 ? 'grid min-h-full py-3 pr-4 pl-[34px]' : 'grid min-h-full py-3 pr-4 pl-[38px]'}>
        <pre aria-hidden className={metrics}>
          {lines.map((pieces, index) => (
            <span
              key={index}
              data-line={index + 1}
              className="relative block min-h-[21px] before:absolute before:-left-[34px] before:w-6 before:text-right before:text-faint before:content-[attr(data-line)]"
            >
              {pieces.map(({ text: piece, kind }, at) => (
                <span key={at} className={kind === null ? undefined : colours[kind]}>
                  {piece}
                </span>
              ))}
            </span>
          ))}
        </pre>
        <textarea
          ref={fieldRef}
          aria-label={label}
          aria-describedby={describedBy}
          readOnly={isReadOnly}
          value={text}
          placeholder={hint}
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          onFocus={onWanted}
          onChange={(event) => onChange(event.target.value)}
          className={`${metrics} overflow-hidden bg-transparent text-transparent caret-ink outline-none placeholder:text-faint focus-visible:outline-none`}
        />
      </div>
    </div>
  )
}
