'use client'

import { useEffect, useRef } from 'react'
import { mountDiff } from './merge-view'

type Props = { readonly norm: string; readonly shape: string; readonly title: string; readonly sideBySide: boolean; readonly folded: boolean }

/** Loaded when somebody opens it: an editor's worth of script. */
export function DdlDiff({ norm, shape, title, sideBySide, folded }: Props) {
  const frame = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (frame.current) return mountDiff({ parent: frame.current, norm, shape, title, sideBySide, folded })
    return undefined
  }, [norm, shape, title, sideBySide, folded])
  return <div ref={frame} className="min-h-96" />
}
